package thaw.engine.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** A model folder in the layout of Hugging Face's hub: weights under a fixed name, and {@code config.json}. */
final class HuggingFaceFolder {

    /** The weights' file names in the order in which transformers tries them; all of them in a folder hold the same values. */
    private static final List<String> WEIGHTS = List.of("model.safetensors", "model.safetensors.index.json",
            "pytorch_model.bin", "pytorch_model.bin.index.json");

    private static final String ANY_WEIGHTS = ".*\\.(safetensors|bin|pth|pt|th|ckpt|tar)";

    private HuggingFaceFolder() {
    }

    /**
     * The weight file in a model folder.
     *
     * @throws WeightFileException if the folder contains no file with one of the hub's names
     */
    static Path weights(Path folder) throws IOException {
        for (String name : WEIGHTS) {
            if (Files.isRegularFile(folder.resolve(name))) {
                return folder.resolve(name);
            }
        }
        if (Files.exists(folder.resolve("saved_model.pb"))) {
            throw new WeightFileException(folder + " is a SavedModel of TensorFlow; load the original PyTorch model and save"
                    + " its state_dict");
        }
        if (Files.exists(folder.resolve(".metadata"))) {
            throw new WeightFileException(folder + " is a distributed checkpoint of PyTorch; join its parts into one file:"
                    + " python -m torch.distributed.checkpoint.format_utils dcp_to_torch " + folder + " weights.pth");
        }
        if (Files.exists(folder.resolve("zero_to_fp32.py"))) {
            throw new WeightFileException(folder + " is a checkpoint of DeepSpeed; join its parts with the script in it:"
                    + " python zero_to_fp32.py . .");
        }
        List<String> there;
        try (Stream<Path> files = Files.list(folder)) {
            there = files.map(file -> file.getFileName().toString()).filter(HuggingFaceFolder::isWeights).sorted().limit(10)
                    .toList();
        }
        throw new WeightFileException(folder + " is a folder without " + String.join(" or ", WEIGHTS)
                + "; give a weight file in it" + (there.isEmpty() ? "" : ": " + String.join(", ", there)));
    }

    /**
     * The {@code config.json} beside a weight file, flattened, with the prefix {@code config.} on each key. Empty if there
     * is none, if it describes no model, or if it may belong to another file: the weights must have one of the hub's names
     * or be the only ones in the folder.
     *
     * @throws WeightFileException if the config is not JSON
     */
    static Map<String, String> config(Path weights) throws IOException {
        Path config = weights.resolveSibling("config.json");
        if (!Files.isRegularFile(config) || !WEIGHTS.contains(weights.getFileName().toString()) && !isAlone(weights)) {
            return Map.of();
        }
        Map<String, String> found;
        try {
            found = FlatJson.read(FileBytes.map(config));
        } catch (WeightFileException e) {
            throw new WeightFileException(config + ": " + e.getMessage() + "; it is in the folder of " + weights.getFileName()
                    + " and should describe that model: fix it, or move it away", e);
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        if (found.containsKey("architecture") || found.containsKey("architectures") || found.containsKey("model_type")) {
            found.forEach((key, value) -> metadata.put("config." + key, value));
        }
        return metadata;
    }

    private static boolean isAlone(Path weights) throws IOException {
        Path folder = weights.toAbsolutePath().getParent();
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> isWeights(file.getFileName().toString())).limit(2).count() == 1
                    && isWeights(weights.getFileName().toString());
        }
    }

    private static boolean isWeights(String name) {
        return name.toLowerCase(Locale.ROOT).matches(ANY_WEIGHTS);
    }
}
