package thaw.engine.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * The format of {@code torch.save} in PyTorch 1.6 and later: a zip archive of one folder with
 *
 * <pre>
 *   data.pkl     a pickle of the object; tensors in it refer to storages by key
 *   data/KEY     the bytes of a storage, normally not compressed, so that they can be mapped
 *   byteorder    "little" or "big"; little if missing
 * </pre>
 *
 * Earlier formats are read by {@link LegacyPyTorchFile} and {@link TarPyTorchFile}.
 */
final class PyTorchFile {

    /** The longest pickle that is read, in bytes. A pickle has names and shapes only; that of a ResNet-152 has 0.1 MB. */
    static final int LONGEST_PICKLE = 1 << 25;

    /** Bound that keeps a length in bytes within a long: no type has more than 16 bytes per element. */
    private static final long MOST_ELEMENTS = Long.MAX_VALUE / 16;

    /** PyTorch's keys are numbers. */
    private static final int LONGEST_KEY = 1000;

    private static final String PICKLE = "data.pkl";

    private final ZipArchive archive;
    private final String folder;
    private final ByteOrder order;
    private final Map<String, TorchStorage> storages = new HashMap<>();

    private PyTorchFile(FileBytes file) throws WeightFileException {
        this.archive = new ZipArchive(file);
        this.folder = folder();
        this.order = byteOrder();
    }

    /** The object that was saved in any of PyTorch's formats, as plain Java values; see {@link Unpickler}. */
    static Object load(FileBytes file) throws WeightFileException {
        return switch (FileFormat.of(file)) {
            case PYTORCH_TAR -> new TarPyTorchFile(file).load();
            case PYTORCH_LEGACY -> new LegacyPyTorchFile(file).load();
            default -> new PyTorchFile(file).load();
        };
    }

    private Object load() throws WeightFileException {
        long length = archive.length(folder + PICKLE);
        if (length > LONGEST_PICKLE) {
            throw new WeightFileException("its pickle has " + length + " bytes; up to " + LONGEST_PICKLE
                    + " bytes are read; numbers inside the pickle, such as NumPy arrays, are not tensors: save them as tensors,"
                    + " with torch.from_numpy");
        }
        return new Unpickler(archive.content(folder + PICKLE).slice(), this::storage).load();
    }

    private TorchStorage storage(Object id) throws WeightFileException {
        TorchStorage named = named(id);
        TorchStorage known = storages.get(named.key());
        if (known == null) {
            ZipArchive.Content content = archive.content(folder + "data/" + named.key());
            if (named.byteLength() > content.length()) {
                throw new WeightFileException("storage " + WeightFileException.quote(named.key()) + " should have "
                        + named.byteLength() + " bytes, but has " + content.length() + "; is the file complete?");
            }
            named.place(content.bytes(), content.begin(), order);
            storages.put(named.key(), named);
            return named;
        }
        return same(known, named);
    }

    /** {@code ("storage", StorageType, key, location, number of elements, …)}; the location, a device, is ignored. */
    static TorchStorage named(Object id) throws WeightFileException {
        if (id instanceof Tuple parts && parts.size() >= 5 && "storage".equals(parts.get(0))
                && parts.get(1) instanceof TorchGlobals.StorageType type && parts.get(2) instanceof String key
                && key.length() <= LONGEST_KEY
                && parts.get(4) instanceof Long elements && elements >= 0 && elements <= MOST_ELEMENTS) {
            return new TorchStorage(key, type, elements);
        }
        throw new WeightFileException("a persistent id does not describe a storage; the file is damaged or crafted");
    }

    /** Returns the known storage; all references to one key must agree on type and size. */
    static TorchStorage same(TorchStorage known, TorchStorage named) throws WeightFileException {
        if (!known.type().equals(named.type()) || known.elements() != named.elements()) {
            throw new WeightFileException("storage " + WeightFileException.quote(known.key()) + " is described both as "
                    + known.elements() + " elements of " + known.type().name() + " and as " + named.elements() + " of "
                    + named.type().name());
        }
        return known;
    }

    private String folder() throws WeightFileException {
        for (String name : archive.names()) {
            int slash = name.indexOf('/');
            if (slash >= 0 && name.substring(slash + 1).equals(PICKLE)) {
                String found = name.substring(0, slash + 1);
                if (archive.has(found + "constants.pkl")) {
                    throw new WeightFileException("a TorchScript archive, which contains code; in Python, save"
                            + " its weights: torch.save(torch.jit.load(path).state_dict(), \"weights.pth\")");
                }
                return found;
            }
        }
        throw new WeightFileException(ForeignFormat.zip(archive.names()));
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
            default -> throw new WeightFileException("unknown byte order " + WeightFileException.quote(order)
                    + "; little or big is expected");
        };
    }
}
