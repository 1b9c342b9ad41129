package thaw.engine.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A storage: the flat sequence of elements of which one or several tensors are views. The legacy format stores its bytes
 * after the pickle that refers to it, so a storage is created from the pickle's description, and {@link #place} sets the
 * location of its bytes later.
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

    /** A range of this storage as a storage of its own; found in files of old formats. */
    TorchStorage view(long offset, long count) throws WeightFileException {
        if (offset < 0 || count < 0 || offset > elements || count > elements - offset) {
            throw new WeightFileException("a view of " + count + " elements from element " + offset + " leaves storage "
                    + WeightFileException.quote(key) + ", whose length is " + elements);
        }
        // A view of a view refers to the root, since a file can chain any number of them.
        return new TorchStorage(key, type, count, root == null ? this : root, rootOffset + offset * type.elementSize());
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

    /** The length in bytes; it cannot overflow, because {@link PyTorchFile#named} bounds the number of elements. */
    long byteLength() {
        return elements * type.elementSize();
    }

    boolean isPlaced() {
        return root == null ? file != null : root.isPlaced();
    }

    /**
     * Sets the location of the bytes.
     *
     * @throws WeightFileException if the file ends before the last of them
     */
    void place(FileBytes file, long begin, ByteOrder order) throws WeightFileException {
        if (begin > file.length() || byteLength() > file.length() - begin) {
            throw new WeightFileException("storage " + WeightFileException.quote(key) + " has " + byteLength()
                    + " bytes, but only " + Math.max(0, file.length() - begin) + " are there; is the file complete?");
        }
        this.file = file;
        this.begin = begin;
        this.order = order;
    }

    ByteOrder order() {
        return root == null ? order : root.order();
    }

    /** A range of the storage's bytes, in {@link #order()}. */
    ByteBuffer slice(long from, long count) {
        return root == null ? file.slice(begin + from, count).order(order) : root.slice(rootOffset + from, count);
    }
}
