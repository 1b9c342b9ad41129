package thaw.engine.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.AbstractMap;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of a weight file by name, in the file's order, and the file's metadata. Immutable and thread-safe; there is
 * nothing to close (the package description says when a mapped file is released).
 *
 * <pre>{@code
 * net.loadStateDict(Weights.read(Path.of("resnet50.pth")));
 * }</pre>
 */
public final class Weights extends AbstractMap<String, StoredTensor> {

    private final Map<String, StoredTensor> tensors;
    private final Map<String, String> metadata;
    private final String key;
    private final List<String> otherKeys;

    private Weights(Map<String, ? extends StoredTensor> tensors, Map<String, String> metadata, String key,
            List<String> otherKeys) {
        this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
        this.metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
        this.key = key;
        this.otherKeys = List.copyOf(otherKeys);
    }

    /** Weights from tensors and metadata, both copied in the maps' order. */
    public static Weights of(Map<String, ? extends StoredTensor> tensors, Map<String, String> metadata) {
        return of(tensors, metadata, "", List.of());
    }

    static Weights of(Map<String, ? extends StoredTensor> tensors, Map<String, String> metadata, String key,
            List<String> otherKeys) {
        return new Weights(tensors, metadata, key, otherKeys);
    }

    /**
     * Opens a weight file of any supported format, identified by its first bytes regardless of its name: safetensors, a
     * PyTorch checkpoint (zip, the pickle stream from before 1.6, or the tar archive from before 0.1.9), an ONNX model, or the
     * index of weights in several files ({@code model.safetensors.index.json}).
     *
     * <p>In a checkpoint the state dict is searched where training programs store it: under {@code state_dict},
     * {@code model} and similar keys. {@code state_dict_ema} and {@code model_ema} come first, because such programs evaluate
     * the moving average. {@link #key} is the key that was chosen, {@link #otherKeys} are the alternatives. Numbers and
     * strings beside the state dict, such as {@code epoch}, become metadata. Parts of names that wrappers add are removed:
     * {@code module.} (data parallel) where all names begin with it; {@code _orig_mod.} (compiled),
     * {@code _fsdp_wrapped_module.} and {@code _checkpoint_wrapped_module.} anywhere.
     *
     * <p>A folder stands for the weights in it if they have one of the names of Hugging Face's hub, such as
     * {@code model.safetensors}. The content of a {@code config.json} beside them becomes metadata:
     * {@code {"pretrained_cfg": {"mean": [0.5, 0.5, 0.5]}}} gives {@code config.pretrained_cfg.mean = "[0.5, 0.5, 0.5]"}.
     *
     * <p>No code of a checkpoint is ever run. Objects of unknown classes, such as a program's settings, are skipped; of a
     * pickled module the state dict is taken. A tensor that cannot be read, because it takes more than 1 GiB or is of an
     * unsupported kind (float8, sparse, complex), is still listed: only access to its values throws an
     * {@link java.io.UncheckedIOException}, which names the tensor and the reason.
     *
     * @param path a file, or a folder as described above
     * @throws WeightFileException if the file is in none of these formats, or damaged
     * @throws java.nio.file.NoSuchFileException if there is no such file
     */
    public static Weights read(Path path) throws IOException {
        return readFile(path, null);
    }

    /**
     * Opens a weight file like {@link #read(Path)}, taking the state dict under a given key of the checkpoint.
     *
     * @param key a name, or names joined by dots such as {@code model.state_dict}; empty for tensors at the top level
     * @throws WeightFileException also if there are no tensors under that key; the message lists the keys that have tensors
     */
    public static Weights read(Path path, String key) throws IOException {
        return readFile(path, Objects.requireNonNull(key, "key"));
    }

    /** Like {@link #read(Path)}, from a stream, such as a resource's, which is read into memory to its end but not closed. */
    public static Weights read(InputStream in) throws IOException {
        return read(FileBytes.of("stream", in.readAllBytes()));
    }

    private static Weights readFile(Path path, String key) throws IOException {
        Path file = Files.isDirectory(path) ? HuggingFaceFolder.weights(path) : path;
        Weights found = WrapperPrefix.strip(named(FileBytes.map(file), file, key));
        Map<String, String> metadata = new LinkedHashMap<>(found.metadata);
        metadata.putAll(HuggingFaceFolder.config(file));
        return new Weights(found.tensors, metadata, found.key, found.otherKeys);
    }

    static Weights read(FileBytes file) throws IOException {
        return WrapperPrefix.strip(named(file, null, null));
    }

    /** One of the files of an index, with the names that the file has. */
    static Weights readShard(Path path) throws IOException {
        return named(FileBytes.map(path), null, null);
    }

    /**
     * The tensors under the names that the file has.
     *
     * @param path the path of an index or ONNX model, beside which other files may be; null refuses those
     */
    private static Weights named(FileBytes file, Path path, String key) throws IOException {
        try {
            FileFormat format = FileFormat.of(file);
            Weights found = read(file, format, path, key);
            return format == FileFormat.SHARD_INDEX ? found : found.named(file.name());
        } catch (WeightFileException e) {
            throw e.prefixed(file.name() + ": ");
        }
    }

    private static Weights read(FileBytes file, FileFormat format, Path path, String key) throws IOException {
        boolean single = format == FileFormat.SAFETENSORS || format == FileFormat.SHARD_INDEX || format == FileFormat.ONNX;
        if (single && key != null && !key.isEmpty()) {
            throw new WeightFileException("contains a single dict of tensors, as all safetensors files and ONNX models do, and"
                    + " none under the key " + WeightFileException.quote(key) + "; leave the key out");
        }
        return switch (format) {
            case SAFETENSORS -> Safetensors.read(file);
            case SHARD_INDEX -> ShardIndex.read(file, path);
            case ONNX -> OnnxFile.read(file, path);
            case PYTORCH_ZIP, PYTORCH_LEGACY, PYTORCH_TAR -> StateDictSearch.weights(PyTorchFile.load(file), key);
        };
    }

    /** The same weights; tensors that cannot be read have their name and the file's in their messages. */
    private Weights named(String file) {
        Map<String, StoredTensor> named = new LinkedHashMap<>(tensors);
        named.replaceAll((name, tensor) -> tensor instanceof UnreadTensor unread ? unread.named(file, name) : tensor);
        return new Weights(named, metadata, key, otherKeys);
    }

    /**
     * Writes tensors, bit for bit, and metadata to a safetensors file. An existing file is replaced only once the new one is
     * complete.
     *
     * @throws IllegalArgumentException if a tensor is named {@code __metadata__}, or the header exceeds 100,000,000 bytes
     * @throws IOException if writing fails; an existing file is then unchanged
     */
    public static void write(Path path, Map<String, ? extends StoredTensor> tensors, Map<String, String> metadata)
            throws IOException {
        Safetensors.write(path, tensors, metadata);
    }

    /**
     * The file's metadata. For a safetensors file, its {@code __metadata__}; for a PyTorch checkpoint, the numbers and
     * strings beside the state dict, and those within its settings ({@code args}, {@code hyper_parameters} and similar) by
     * path, such as {@code args.model}; for an ONNX model, its {@code metadata_props}, and where they are not 1 the strides and
     * dilations of its convolutions, {@code onnx.strides} and {@code onnx.dilations}. The keys of a {@code config.json} begin with
     * {@code config.}.
     */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** The path of the state dict in a checkpoint, keys joined by dots; empty if the file itself is the state dict. */
    public String key() {
        return key;
    }

    /** The keys of the checkpoint's other dicts of tensors, for use with {@link #read(Path, String)}. */
    public List<String> otherKeys() {
        return otherKeys;
    }

    @Override
    public Set<Entry<String, StoredTensor>> entrySet() {
        return tensors.entrySet();
    }

    @Override
    public @Nullable StoredTensor get(Object name) {
        return tensors.get(name);
    }

    @Override
    public boolean containsKey(Object name) {
        return tensors.containsKey(name);
    }
}
