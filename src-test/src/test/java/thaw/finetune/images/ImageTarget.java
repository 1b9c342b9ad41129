package thaw.finetune.images;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.function.UnaryOperator;

/**
 * The fuzzing target of the image decoders: any bytes give an image or an {@link ImageReadException}, within 64 MiB for an image of at
 * most 2^16 pixels. {@code src-test/fuzz/run} mutates inputs by the branches that they reach.
 */
public final class ImageTarget {
    private static final long MAX_PIXELS = 1 << 16;
    private static final long BYTES = 64 << 20;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private ImageTarget() {
    }

    /** @throws AssertionError if decoding ends in another way than with an image or an {@link ImageReadException} */
    public static void fuzzerTestOneInput(byte[] input) {
        // The first time takes memory for classes, too.
        if (decode(input) > BYTES) {
            long taken = decode(input);
            if (taken > BYTES) {
                throw new AssertionError("decoding " + input.length + " bytes took " + taken + " bytes of memory");
            }
        }
    }

    /** @return the bytes of memory that decoding took */
    private static long decode(byte[] input) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            ImageDecoder.decode(input, "fuzz", MAX_PIXELS, UnaryOperator.identity());
        } catch (ImageReadException refused) {
            return THREADS.getCurrentThreadAllocatedBytes() - before;
        } catch (RuntimeException | Error other) {
            throw new AssertionError(input.length + " bytes: " + other, other);
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
}
