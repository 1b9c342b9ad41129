package thaw.engine.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.AbstractMap;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The tensors of a weight file by name, in the file's order, and what the file says of itself besides. Immutable; there
 * is nothing to close (the package's description says when a mapped file is let go).
 *
 * <pre>{@code
 * net.loadStateDict(Weights.read(Path.of("resnet50.pth")));
 * }</pre>
 */
public final class Weights extends AbstractMap<String, StoredTensor> {

    private final Map<String, StoredTensor> tensors;
    private final Map<String, String> metadata;

    private Weights(Map<String, ? extends StoredTensor> tensors, Map<String, String> metadata) {
        this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
        this.metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }

    public static Weights of(Map<String, ? extends StoredTensor> tensors, Map<String, String> metadata) {
        return new Weights(tensors, metadata);
    }

    /**
     * Opens a weight file of any format that Thaw reads, told by its first bytes and never by its name: safetensors, or a
     * PyTorch checkpoint (zip, or the pickle stream from before 1.6).
     *
     * <p>In a checkpoint the state dict is looked for where training programs put it: under {@code state_dict},
     * {@code model} and the like. Numbers and strings beside it, such as {@code epoch}, become metadata. Prefixes that
     * wrappers leave on all names, {@code module.} (data parallel) and {@code _orig_mod.} (compiled), are taken off.
     *
     * @throws WeightFileException if the file is of no such format, damaged, or holds more than tensors and plain values
     * @throws java.nio.file.NoSuchFileException if there is no such file
     */
    public static Weights read(Path path) throws IOException {
        return read(FileBytes.map(path));
    }

    /** As {@link #read(Path)}, from a stream such as a resource's, which is read into memory to its end. */
    public static Weights read(InputStream in) throws IOException {
        return read(FileBytes.of("stream", in.readAllBytes()));
    }

    static Weights read(FileBytes file) throws IOException {
        Weights found = switch (FileFormat.of(file)) {
            case SAFETENSORS -> Safetensors.read(file);
            case PYTORCH_ZIP, PYTORCH_LEGACY -> Checkpoint.weights(PyTorchFile.load(file), file.name());
        };
        return WrapperPrefix.strip(found);
    }

    /**
     * Writes a safetensors file; see {@link Safetensors#write}.
     *
     * @throws IOException if writing fails; what was there before is then still there
     */
    public static void write(Path path, Map<String, ? extends StoredTensor> tensors, Map<String, String> metadata)
            throws IOException {
        Safetensors.write(path, tensors, metadata);
    }

    /** The tensors by name, in the file's order; the same as this map itself. */
    public Map<String, StoredTensor> tensors() {
        return tensors;
    }

    /**
     * Of a safetensors file its {@code __metadata__}; of a PyTorch checkpoint the numbers and strings that stand beside the
     * state dict.
     */
    public Map<String, String> metadata() {
        return metadata;
    }

    @Override
    public Set<Entry<String, StoredTensor>> entrySet() {
        return tensors.entrySet();
    }

    @Override
    public StoredTensor get(Object name) {
        return tensors.get(name);
    }

    @Override
    public boolean containsKey(Object name) {
        return tensors.containsKey(name);
    }
}
