package thaw.engine.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * PyTorch's format of 2016, still found as {@code .pth} and {@code .tar}: a tar archive of
 *
 * <pre>
 *   storages   the number of storages; for each a pickle (key, location, class), the number of elements as int64, and the
 *              elements; then a pickle of the storages that are ranges of others: [(key, key of the other, offset, size)]
 *   tensors    the number of tensors; for each a pickle (key, key of its storage, class), the rank as int32, 4 unused
 *              bytes, sizes, strides and offset as int64
 *   pickle     the object; it refers to tensors by key
 * </pre>
 *
 * and {@code sys_info}, which is not needed. All numbers are little-endian.
 */
final class TarPyTorchFile {

    private static final List<String> MEMBERS = List.of("storages", "tensors", "pickle");
    private static final int LARGEST_RANK = 64;

    private final FileBytes file;
    private final TarArchive archive;
    /** Storages and tensors by key; both share one key space. */
    private final Map<Long, Object> objects = new HashMap<>();

    TarPyTorchFile(FileBytes file) throws WeightFileException {
        this.file = file;
        this.archive = new TarArchive(file);
        for (String member : MEMBERS) {
            if (!archive.entries().containsKey(member)) {
                throw new WeightFileException("a tar archive without " + WeightFileException.quote(member)
                        + ", so it is not a PyTorch file" + archive.entries().keySet().stream().findFirst()
                                .map(first -> "; unpack it with tar, and give the weight file in it (its first file is "
                                        + WeightFileException.quote(first) + ")")
                                .orElse(""));
            }
        }
    }

    Object load() throws WeightFileException {
        readStorages();
        readTensors();
        Reader pickle = new Reader("pickle");
        return pickle.next(this::named);
    }

    private void readStorages() throws WeightFileException {
        Reader in = new Reader("storages");
        long count = in.count();
        for (long i = 0; i < count; i++) {
            Tuple id = in.tuple();
            if (!(id.get(2) instanceof TorchGlobals.StorageType type)) {
                throw damaged("a storage is of an unknown class");
            }
            long key = key(id.get(0));
            long elements = in.int64();
            if (elements < 0 || elements > in.remaining() / type.elementSize()) {
                throw damaged("storage " + key + " has " + elements + " elements, which are not all there");
            }
            TorchStorage storage = new TorchStorage(Long.toString(key), type, elements);
            storage.place(file, in.skip(storage.byteLength()), ByteOrder.LITTLE_ENDIAN);
            keep(key, storage);
        }
        if (!(in.next(TarPyTorchFile::none) instanceof List<?> views)) {
            throw damaged("the list of the storages' views is missing");
        }
        for (Object view : views) {
            if (!(view instanceof Tuple v) || v.size() != 4 || !(v.get(2) instanceof Long offset)
                    || !(v.get(3) instanceof Long size)) {
                throw damaged("a view of a storage is malformed");
            }
            keep(key(v.get(0)), storage(v.get(1)).view(offset, size));
        }
    }

    private void readTensors() throws WeightFileException {
        Reader in = new Reader("tensors");
        long count = in.count();
        for (long i = 0; i < count; i++) {
            Tuple id = in.tuple();
            TorchStorage storage = storage(id.get(1));
            long rank = in.int64() & 0xffff_ffffL;
            if (rank > LARGEST_RANK) {
                throw damaged("a tensor has " + rank + " dimensions; PyTorch allows " + LARGEST_RANK + " at most");
            }
            long[] size = in.int64s((int) rank);
            long[] strides = in.int64s((int) rank);
            keep(key(id.get(0)), TorchGlobals.tensor(storage, in.int64(), size, strides));
        }
    }

    private void keep(long key, Object object) throws WeightFileException {
        if (objects.putIfAbsent(key, object) != null) {
            throw damaged("two storages or tensors have the key " + key);
        }
    }

    private TorchStorage storage(Object key) throws WeightFileException {
        if (objects.get(key(key)) instanceof TorchStorage storage) {
            return storage;
        }
        throw damaged("there is no storage with the key " + key);
    }

    /** A tensor or storage by its key, or the class of a module, stored as {@code (class, file, source code)}. */
    private Object named(Object id) throws WeightFileException {
        if (id instanceof Tuple container && container.size() > 0) {
            return container.get(0);
        }
        Object found = objects.get(key(id));
        if (found == null) {
            throw damaged("there is no tensor with the key " + id);
        }
        return found;
    }

    private long key(Object key) throws WeightFileException {
        if (key instanceof Long number) {
            return number;
        }
        if (key instanceof String digits && digits.matches("-?[0-9]{1,18}")) {
            return Long.parseLong(digits);
        }
        throw damaged("a key is no number");
    }

    private static Object none(Object id) throws WeightFileException {
        throw new WeightFileException("a reference where none is expected; the file is damaged or crafted");
    }

    private WeightFileException damaged(String what) {
        return new WeightFileException("damaged PyTorch file (tar format): " + what);
    }

    /** Reads consecutive pickles and numbers from a file in the archive. */
    private final class Reader {

        private final String member;
        private final long end;
        private long at;

        Reader(String member) {
            TarArchive.Entry entry = archive.entries().get(member);
            this.member = member;
            this.at = entry.begin();
            this.end = entry.begin() + entry.length();
        }

        long remaining() {
            return end - at;
        }

        Object next(Unpickler.Storages storages) throws WeightFileException {
            ByteBuffer in = file.slice(at, Math.min(remaining(), PyTorchFile.LONGEST_PICKLE));
            Object found = new Unpickler(in, storages).load();
            at += in.position();
            return found;
        }

        long count() throws WeightFileException {
            if (next(TarPyTorchFile::none) instanceof Long count && count >= 0) {
                return count;
            }
            throw damaged(WeightFileException.quote(member) + " doesn't begin with a number of " + member);
        }

        /** The 3-tuple before each storage and each tensor. */
        Tuple tuple() throws WeightFileException {
            if (next(TarPyTorchFile::none) instanceof Tuple id && id.size() == 3) {
                return id;
            }
            throw damaged("an entry of " + WeightFileException.quote(member) + " is malformed");
        }

        /** Skips bytes, and returns the position at which they begin. */
        long skip(long count) throws WeightFileException {
            if (count > remaining()) {
                throw damaged(WeightFileException.quote(member) + " ends in the middle; is the file complete?");
            }
            long begin = at;
            at += count;
            return begin;
        }

        long int64() throws WeightFileException {
            return file.slice(skip(Long.BYTES), Long.BYTES).getLong();
        }

        long[] int64s(int count) throws WeightFileException {
            long[] numbers = new long[count];
            for (int i = 0; i < count; i++) {
                numbers[i] = int64();
            }
            return numbers;
        }
    }
}
