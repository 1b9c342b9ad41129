package thaw.engine.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The format of {@code torch.save} before PyTorch 1.6, still found as {@code .th}, {@code .pth} and {@code .tar}: five
 * consecutive pickles (a magic number, the protocol version, system information, the object, the storages' keys), then, for
 * each key, the number of elements as int64 and the elements, all little-endian.
 */
final class LegacyPyTorchFile {

    private static final long PROTOCOL_VERSION = 1001;

    private final FileBytes file;
    private final ByteBuffer pickles;
    private final Map<String, TorchStorage> roots = new HashMap<>();
    private final Map<String, TorchStorage> views = new HashMap<>();

    LegacyPyTorchFile(FileBytes file) {
        this.file = file;
        this.pickles = file.slice(0, Math.min(file.length(), PyTorchFile.LONGEST_PICKLE));
    }

    Object load() throws WeightFileException {
        next();     // the magic number, already checked by FileFormat
        Object version = next();
        if (!Long.valueOf(PROTOCOL_VERSION).equals(version)) {
            throw new WeightFileException("a PyTorch file of a protocol version other than "
                    + PROTOCOL_VERSION + (version instanceof Number ? ": " + version : ""));
        }
        next();     // system information; storages are little-endian on every system
        Object loaded = next();
        if (!(next() instanceof List<?> keys)) {
            throw damaged("the list of its storages is missing");
        }
        place(keys);
        return loaded;
    }

    private Object next() throws WeightFileException {
        return new Unpickler(pickles, this::storage).load();
    }

    /**
     * Resolves a persistent id: that of the zip format with a sixth item, which is None or {@code (view key, offset, size)}
     * for a range of the storage. The class of a module is stored likewise, as {@code ("module", class, file, source code)}.
     */
    private Object storage(Object persistentId) throws WeightFileException {
        if (!(persistentId instanceof Tuple id) || id.size() < 4) {
            throw damaged("a persistent id does not describe a storage");
        }
        if ("module".equals(id.get(0))) {
            return id.get(1);
        }
        TorchStorage named = PyTorchFile.named(id);
        if (id.size() < 6) {
            throw damaged("a persistent id does not describe a storage");
        }
        TorchStorage known = roots.putIfAbsent(named.key(), named);
        TorchStorage root = known == null ? named : PyTorchFile.same(known, named);
        if (id.get(5) == null) {
            return root;
        }
        if (id.get(5) instanceof Tuple view && view.size() == 3 && view.get(0) instanceof String key
                && view.get(1) instanceof Long offset && view.get(2) instanceof Long count) {
            TorchStorage range = root.view(offset, count);
            TorchStorage earlier = views.putIfAbsent(key, range);
            return earlier == null ? range : earlier;
        }
        throw damaged("a view of a storage is malformed");
    }

    private void place(List<?> keys) throws WeightFileException {
        long at = pickles.position();
        Set<Object> placed = new HashSet<>();
        for (Object key : keys) {
            TorchStorage storage = key instanceof String ? roots.get(key) : null;
            if (storage == null || !placed.add(key)) {
                throw damaged("its list of storages has a key that no tensor has, or the same key twice");
            }
            if (!file.holds(at, Long.BYTES)) {
                throw damaged("it ends before storage " + WeightFileException.quote(storage.key()) + "; is it complete?");
            }
            long elements = file.slice(at, Long.BYTES).getLong();
            if (elements != storage.elements()) {
                throw damaged("storage " + WeightFileException.quote(storage.key()) + " has " + elements
                        + " elements, but its tensors expect " + storage.elements());
            }
            storage.place(file, at + Long.BYTES, ByteOrder.LITTLE_ENDIAN);
            at += Long.BYTES + storage.byteLength();
        }
        for (TorchStorage storage : roots.values()) {
            if (!storage.isPlaced()) {
                throw damaged("the bytes of storage " + WeightFileException.quote(storage.key()) + " are missing");
            }
        }
    }

    private WeightFileException damaged(String what) {
        return new WeightFileException("damaged PyTorch file: " + what);
    }
}
