package thaw.engine.io;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.util.Collection;

/**
 * The fuzzing target of the readers of weight files: any bytes give weights or a {@link WeightFileException}, and reading takes memory in
 * proportion to them. {@code src-test/fuzz/run} mutates inputs by the branches that they reach, {@link WeightFileFuzzTest} at random.
 */
public final class WeightFileTarget {
    /** Larger tensors are not read: a tensor may repeat a storage, which is legal and lazy. */
    private static final long MOST_ELEMENTS = 1 << 16;
    /** Memory that small files take, and for each byte of a file. */
    private static final long BYTES = 8 << 20;
    private static final long BYTES_PER_BYTE = 200;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private WeightFileTarget() {
    }

    /** Reads an input, whose first bytes choose the format. */
    public static void fuzzerTestOneInput(byte[] input) {
        check("fuzz", input);
    }

    /** @throws AssertionError if reading ends in another way than with weights or a {@link WeightFileException} */
    static void check(String name, byte[] input) {
        long most = mostBytes(input);
        // The first time takes memory for classes, too.
        if (read(name, input) > most) {
            long taken = read(name, input);
            if (taken > most) {
                throw new AssertionError(name + ": reading " + input.length + " bytes took " + taken + " bytes of memory");
            }
        }
    }

    /** The most memory that reading may take, in bytes. */
    static long mostBytes(byte[] input) {
        return BYTES + BYTES_PER_BYTE * input.length;
    }

    /** @return the bytes of memory that reading took */
    private static long read(String name, byte[] input) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            Collection<StoredTensor> weights = Weights.read(FileBytes.of(name, input)).values();
            long taken = THREADS.getCurrentThreadAllocatedBytes() - before;
            for (StoredTensor tensor : weights) {
                if (tensor.shape().size() <= MOST_ELEMENTS) {
                    tensor.toDoubles();
                }
            }
            return taken;
        } catch (WeightFileException expected) {
            return THREADS.getCurrentThreadAllocatedBytes() - before;
        } catch (IOException | RuntimeException | Error other) {
            if (other instanceof UncheckedIOException late && late.getCause() instanceof WeightFileException) {
                return 0;
            }
            throw new AssertionError(name + ", " + input.length + " bytes: " + other, other);
        }
    }
}
