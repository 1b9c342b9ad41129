package thaw.kernels.opencl;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SignalChainingTest {

    private static final String JAVA = "7f90-7f91 r-xp 0 08:01 7 /usr/lib/jvm/java/lib/server/libjvm.so\n";
    private static final String CHAINING = "7f94-7f95 r-xp 0 08:01 9 /usr/lib/jvm/java/lib/libjsig.so\n";

    @Test
    void aDriverWithLlvmWantsJavasLibraryBesideIt() {
        assertTrue(SignalChaining.isMissing("Portable Computing Language", JAVA));
        assertFalse(SignalChaining.isMissing("Portable Computing Language", JAVA + CHAINING));
        assertFalse(SignalChaining.isMissing("NVIDIA CUDA", JAVA));
    }

    /** The tests run PoCL beside compiled Java on several threads, which crashes sometimes without the library. */
    @Test
    void theseTestsRunWithIt() {
        OpenClHere.require();
        try (OpenClBackend backend = OpenClBackend.open()) {
            assertFalse(SignalChaining.isMissing(backend.device()));
        }
    }
}
