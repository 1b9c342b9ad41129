package thaw.engine.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/**
 * The bytes of a memory-mapped file, or of an array.
 *
 * <p>A {@code ByteBuffer} addresses at most 2 GiB, so a longer file is mapped as windows of nearly 2 GiB, one starting at
 * every multiple of 1 GiB. Neighbouring windows overlap by half, so that any range of up to 1 GiB lies entirely within the
 * window in which it starts. The overlap costs address space, not memory.
 */
final class FileBytes {

    /** The longest range that {@link #slice} returns: 1 GiB. */
    static final int LARGEST_SLICE = 1 << 30;

    private static final int LOG2_STEP = 30;

    private final String name;
    private final long length;
    private final ByteBuffer[] windows;

    private FileBytes(String name, long length, ByteBuffer[] windows) {
        this.name = name;
        this.length = length;
        this.windows = windows;
    }

    /** Maps a file; its handle is closed before this method returns. */
    static FileBytes map(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            throw new WeightFileException(path + " is a folder; give a weight file in it");
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long length = channel.size();
            ByteBuffer[] windows = new ByteBuffer[windowCount(length)];
            for (int i = 0; i < windows.length; i++) {
                long begin = (long) i << LOG2_STEP;
                windows[i] = channel.map(MapMode.READ_ONLY, begin, Math.min(length - begin, Integer.MAX_VALUE));
            }
            return new FileBytes(path.toString(), length, windows);
        }
    }

    /** The bytes of an array, which must not be modified afterwards. */
    static FileBytes of(String name, byte[] content) {
        ByteBuffer[] windows = new ByteBuffer[windowCount(content.length)];
        for (int i = 0; i < windows.length; i++) {
            int begin = i << LOG2_STEP;
            windows[i] = ByteBuffer.wrap(content).slice(begin, content.length - begin);
        }
        return new FileBytes(name, content.length, windows);
    }

    private static int windowCount(long length) {
        return Math.toIntExact(length + LARGEST_SLICE - 1 >>> LOG2_STEP);
    }

    /** The file's name, for messages. */
    String name() {
        return name;
    }

    long length() {
        return length;
    }

    /** Whether {@code count} bytes from {@code begin} exist in the file and fit in one slice; any arguments are allowed. */
    boolean holds(long begin, long count) {
        return begin >= 0 && count >= 0 && begin <= length && count <= length - begin && count <= LARGEST_SLICE;
    }

    /** One byte; its position must be within the file. */
    byte get(long at) {
        return windows[(int) (at >>> LOG2_STEP)].get((int) (at & LARGEST_SLICE - 1));
    }

    /** A read-only, little-endian view of a range for which {@link #holds} is true. */
    ByteBuffer slice(long begin, long count) {
        Objects.checkFromIndexSize(begin, count, length);
        if (count == 0) {
            return ByteBuffer.allocate(0).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
        }
        long inWindow = begin & LARGEST_SLICE - 1;
        return windows[(int) (begin >>> LOG2_STEP)].slice((int) inWindow, Math.toIntExact(count)).asReadOnlyBuffer()
                .order(ByteOrder.LITTLE_ENDIAN);
    }
}
