package thaw.finetune.images;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Known attacks by image files: each of less than a megabyte is decoded or refused by name, within 256 MB and without a hang. */
class ImageAttackTest {
    private static final ThreadMXBean THREAD = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** A hang: ten times what the slowest takes on a busy machine. */
    private static final long NANOSECONDS = 10_000_000_000L;
    private static final long BYTES = 256 << 20;

    static Stream<Arguments> files() throws IOException {
        return ImageAttacks.files().entrySet().stream().map(file -> Arguments.of(file.getKey(), file.getValue()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("files")
    void isDecodedOrRefused(String name, byte[] file) {
        assertTrue(file.length < 1_000_000, file.length + " bytes");
        long bytes = THREAD.getCurrentThreadAllocatedBytes();
        long time = THREAD.getCurrentThreadCpuTime();
        decode(name, file);
        bytes = THREAD.getCurrentThreadAllocatedBytes() - bytes;
        time = THREAD.getCurrentThreadCpuTime() - time;
        assertTrue(bytes <= BYTES, file.length + " bytes took " + bytes + " bytes of memory");
        assertTrue(time < NANOSECONDS, file.length + " bytes took " + time / 1_000_000 + " ms");
    }

    private static void decode(String name, byte[] file) {
        try {
            ImageDecoder.decode(file, name);
        } catch (ImageReadException refused) {
            assertTrue(refused.getMessage().startsWith(name + ": ") && refused.getMessage().length() < 1000, refused.getMessage());
        }
    }
}
