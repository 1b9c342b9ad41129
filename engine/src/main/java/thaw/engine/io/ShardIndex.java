package thaw.engine.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Weights in several files (shards), as transformers saves large models. An index such as
 * {@code model.safetensors.index.json} gives the file of each tensor:
 * {@code {"weight_map": {"conv1.weight": "model-00001-of-00002.safetensors", …}}}.
 */
final class ShardIndex {

    private static final String MAP = "weight_map.";
    private static final int MOST_SHARDS = 10_000;

    private ShardIndex() {
    }

    /**
     * Opens all shards; as for a single file, the tensors' values are read on access.
     *
     * @param path the index's path; null is refused
     * @throws WeightFileException if a file or tensor is missing, or a file is outside the index's folder
     */
    static Weights read(FileBytes index, Path path) throws IOException {
        Map<String, String> values = FlatJson.read(index);
        Map<String, String> files = new LinkedHashMap<>();
        values.forEach((key, value) -> {
            if (key.startsWith(MAP)) {
                files.put(key.substring(MAP.length()), value);
            }
        });
        if (files.isEmpty()) {
            throw new WeightFileException(ForeignFormat.json(values));
        }
        if (path == null) {
            throw new WeightFileException("is an index of weights in several files, which can't be read from a stream or by"
                    + " another index; give its path, beside which the files are found");
        }
        Set<String> names = new TreeSet<>(files.values());
        if (names.size() > MOST_SHARDS) {
            throw new WeightFileException("names " + names.size() + " files; up to " + MOST_SHARDS + " are read");
        }
        Map<String, Weights> shards = new LinkedHashMap<>();
        Map<String, String> metadata = new LinkedHashMap<>();
        for (String name : names) {
            Weights shard = Weights.readShard(beside(path, name));
            shards.put(name, shard);
            shard.metadata().forEach(metadata::putIfAbsent);
        }
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (Map.Entry<String, String> e : files.entrySet()) {
            StoredTensor tensor = shards.get(e.getValue()).get(e.getKey());
            if (tensor == null) {
                throw new WeightFileException("says that tensor " + WeightFileException.quote(e.getKey()) + " is in "
                        + e.getValue() + ", which doesn't have it; download both again");
            }
            tensors.put(e.getKey(), tensor);
        }
        return Weights.of(tensors, metadata);
    }

    /**
     * A file that a file of weights names, beside it.
     *
     * @throws WeightFileException if it is missing, or would be in another folder
     */
    static Path beside(Path weights, String name) throws WeightFileException {
        if (name.isEmpty() || name.chars().anyMatch(c -> "/\\:\0".indexOf(c) >= 0) || name.equals("..") || name.equals(".")) {
            throw new WeightFileException("names the file " + WeightFileException.quote(name) + "; the files of an"
                    + " index or model must lie beside it");
        }
        Path file;
        try {
            file = weights.resolveSibling(name);
        } catch (InvalidPathException impossible) {
            throw new WeightFileException("names the file " + WeightFileException.quote(name) + ", which this system can't have",
                    impossible);
        }
        if (!Files.isRegularFile(file)) {
            throw new WeightFileException("has its weights in several files, and " + WeightFileException.quote(name)
                    + " is missing; download it into the same folder");
        }
        return file;
    }
}
