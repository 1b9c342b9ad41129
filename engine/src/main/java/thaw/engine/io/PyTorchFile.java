package thaw.engine.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * What {@code torch.save} writes, in the format of PyTorch 1.6 and later: a zip archive of one folder with
 *
 * <pre>
 *   data.pkl     a pickle of the object; tensors in it refer to storages by key
 *   data/KEY     the bytes of a storage, normally not compressed, so that they can be mapped
 *   byteorder    "little" or "big"; little where it's missing
 * </pre>
 *
 * The format from before is {@link LegacyPyTorchFile}'s.
 */
public final class PyTorchFile {

    /** A pickle has names and shapes, no numbers of tensors; that of a ResNet-152 takes 0.1 MB. */
    static final int LONGEST_PICKLE = 1 << 25;

    private static final String PICKLE = "data.pkl";

    private final FileBytes file;
    private final ZipArchive archive;
    private final String folder;
    private final ByteOrder order;
    private final Map<String, TorchStorage> storages = new HashMap<>();

    private PyTorchFile(FileBytes file) throws WeightFileException {
        this.file = file;
        this.archive = new ZipArchive(file);
        this.folder = folder();
        this.order = byteOrder();
    }

    /**
     * Opens a checkpoint in either format; the names are as they stand in its state dict.
     *
     * @throws WeightFileException if it's damaged, or holds more than tensors, dicts and plain values
     */
    public static Weights read(Path path) throws IOException {
        FileBytes file = FileBytes.map(path);
        if (FileFormat.of(file) == FileFormat.SAFETENSORS) {
            throw new WeightFileException(path + " is not a PyTorch checkpoint but a safetensors file; use Weights.read");
        }
        return Checkpoint.weights(load(file), null, file.name());
    }

    /** The object that was saved. */
    static Object load(FileBytes file) throws WeightFileException {
        try {
            return FileFormat.of(file) == FileFormat.PYTORCH_LEGACY ? new LegacyPyTorchFile(file).load()
                    : new PyTorchFile(file).load();
        } catch (UnpicklingException e) {
            throw new UnpicklingException(file.name() + ": " + e.getMessage());
        }
    }

    private Object load() throws WeightFileException {
        ZipArchive.Content pickle = archive.content(folder + PICKLE);
        if (pickle.length() > LONGEST_PICKLE) {
            throw new WeightFileException(file.name() + ": its pickle has " + pickle.length() + " bytes; up to "
                    + LONGEST_PICKLE + " are read");
        }
        return new Unpickler(pickle.slice(), this::storage).load();
    }

    private TorchStorage storage(Tuple id) throws WeightFileException {
        TorchStorage named = storage(id, 5);
        TorchStorage known = storages.get(named.key());
        if (known == null) {
            ZipArchive.Content content = archive.content(folder + "data/" + named.key());
            if (named.byteLength() > content.length()) {
                throw new UnpicklingException("storage " + WeightFileException.quote(named.key()) + " should have "
                        + named.byteLength() + " bytes, but has " + content.length() + "; is the file complete?");
            }
            named.place(content.bytes(), content.begin(), order);
            storages.put(named.key(), named);
            return named;
        }
        return same(known, named);
    }

    /** {@code ("storage", StorageType, key, location, number of elements, …)}; the location is a device of the past. */
    static TorchStorage storage(Tuple id, int size) throws UnpicklingException {
        if (id.size() >= size && "storage".equals(id.get(0)) && id.get(1) instanceof TorchGlobals.StorageType type
                && id.get(2) instanceof String key && id.get(4) instanceof Long elements
                && elements >= 0 && elements <= Long.MAX_VALUE / Double.BYTES) {
            return new TorchStorage(key, type.dtype(), elements);
        }
        throw new UnpicklingException("a persistent id is not that of a storage" + ("module".equals(id.size() > 0
                ? id.get(0) : null) ? " but a module with its source code; save its state_dict instead"
                : "; the file is damaged or crafted"));
    }

    /** All references to a storage have to agree on what it is. */
    static TorchStorage same(TorchStorage known, TorchStorage named) throws UnpicklingException {
        if (known.dtype() != named.dtype() || known.elements() != named.elements()) {
            throw new UnpicklingException("storage " + WeightFileException.quote(known.key()) + " is said to have "
                    + known.elements() + " elements of " + known.dtype() + " and " + named.elements() + " of "
                    + named.dtype());
        }
        return known;
    }

    private String folder() throws WeightFileException {
        for (String name : archive.names()) {
            int slash = name.indexOf('/');
            if (slash >= 0 && name.substring(slash + 1).equals(PICKLE)) {
                String found = name.substring(0, slash + 1);
                if (archive.has(found + "constants.pkl")) {
                    throw new WeightFileException(file.name() + ": a TorchScript archive, which holds code; in Python, save"
                            + " its weights: torch.save(torch.jit.load(path).state_dict(), \"weights.pth\")");
                }
                return found;
            }
        }
        throw new WeightFileException(file.name() + ": a zip archive, but not of PyTorch: it has no FOLDER/" + PICKLE);
    }

    private ByteOrder byteOrder() throws WeightFileException {
        if (!archive.has(folder + "byteorder")) {
            return ByteOrder.LITTLE_ENDIAN;
        }
        ZipArchive.Content content = archive.content(folder + "byteorder");
        ByteBuffer start = content.bytes().slice(content.begin(), Math.min(16, content.length()));
        String order = StandardCharsets.ISO_8859_1.decode(start).toString();
        return switch (order) {
            case "little" -> ByteOrder.LITTLE_ENDIAN;
            case "big" -> ByteOrder.BIG_ENDIAN;
            default -> throw new WeightFileException(file.name() + ": unknown byte order " + WeightFileException.quote(order)
                    + "; little and big are known");
        };
    }
}
