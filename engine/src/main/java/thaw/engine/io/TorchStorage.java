package thaw.engine.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The flat run of elements that one or several tensors look into. The pickle names it before its bytes are known: in the
 * legacy format they come after the pickle. So it's made from what the pickle says, and {@link #place} follows.
 */
final class TorchStorage {

    private final String key;
    private final TorchGlobals.StorageType type;
    private final long elements;
    private final TorchStorage root;
    private final long rootOffset;
    private FileBytes file;
    private long begin;
    private ByteOrder order;

    TorchStorage(String key, TorchGlobals.StorageType type, long elements) {
        this(key, type, elements, null, 0);
    }

    private TorchStorage(String key, TorchGlobals.StorageType type, long elements, TorchStorage root, long rootOffset) {
        this.key = key;
        this.type = type;
        this.elements = elements;
        this.root = root;
        this.rootOffset = rootOffset;
    }

    /** A stretch of this storage as a storage of its own; old files have them. */
    TorchStorage view(long offset, long count) throws UnpicklingException {
        if (offset < 0 || count < 0 || offset > elements || count > elements - offset) {
            throw new UnpicklingException("a view of " + count + " elements from element " + offset + " leaves storage "
                    + WeightFileException.quote(key) + ", which has " + elements);
        }
        return new TorchStorage(key, type, count, this, offset * type.elementSize());
    }

    String key() {
        return key;
    }

    TorchGlobals.StorageType type() {
        return type;
    }

    long elements() {
        return elements;
    }

    /** The storage's length; a number that doesn't fit was refused when the pickle named it. */
    long byteLength() {
        return elements * type.elementSize();
    }

    boolean isPlaced() {
        return root == null ? file != null : root.isPlaced();
    }

    /**
     * Says where the bytes are.
     *
     * @throws WeightFileException if they're not all there
     */
    void place(FileBytes file, long begin, ByteOrder order) throws WeightFileException {
        if (begin > file.length() || byteLength() > file.length() - begin) {
            throw new WeightFileException(file.name() + ": storage " + WeightFileException.quote(key) + " has " + byteLength()
                    + " bytes, but only " + Math.max(0, file.length() - begin) + " are there; is the file complete?");
        }
        this.file = file;
        this.begin = begin;
        this.order = order;
    }

    ByteOrder order() {
        return root == null ? order : root.order();
    }

    /** Bytes of the storage, in {@link #order()}. */
    ByteBuffer slice(long from, long count) {
        return root == null ? file.slice(begin + from, count).order(order) : root.slice(rootOffset + from, count);
    }
}
