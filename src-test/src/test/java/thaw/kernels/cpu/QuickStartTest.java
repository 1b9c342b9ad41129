package thaw.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import thaw.kernels.cpu.microkernel.BlockLoops;
import thaw.kernels.cpu.microkernel.Compilation;
import thaw.kernels.cpu.norm.VectorLaneLoops;

/** Scalar loops run first, then vectors; results do not show it, because both give the same bits (ScalarBlockLoopsTest). */
class QuickStartTest {

    private static final int LANES = new VectorLaneLoops().lanes();

    private final BlockLoops loops = new BlockLoops(LANES, true);

    @BeforeAll
    static void vectors() {
        assumeTrue(CpuBackend.hasVectors(), "the Vector API is missing: run Java with --add-modules jdk.incubator.vector");
    }

    @Test
    void scalarLoopsMakeWayForVectors() {
        QuickStart start = new QuickStart(loops);
        assertTrue(loops.vectors());
        start.begin();
        assertFalse(start.isDone());
        assertFalse(loops.vectors());
        start.await();
        assertTrue(start.isDone());
        assertTrue(loops.vectors());
        start.close();
    }

    /** Vectors that are not compiled are objects. */
    @Test
    void vectorsAreInUseWhenTheyAreCompiled() {
        assumeTrue(Compilation.allocated() > 0, "Java does not report a thread's allocations");
        try (CpuBackend backend = CpuBackend.create(1)) {
            backend.warmUpInBackground();
            backend.warmUp(false);
            assertTrue(backend.isWarm());
            WarmUpTest.convolution(backend);
            long before = Compilation.allocated();
            WarmUpTest.convolution(backend);
            assertTrue(Compilation.allocated() - before < 2_000_000);
        }
    }

    @Test
    void closingEndsIt() {
        QuickStart start = new QuickStart(loops);
        start.begin();
        start.close();
        start.await();
        assertTrue(loops.vectors());
    }

    @Test
    void closingTheBackendEndsItToo() throws InterruptedException {
        for (int i = 0; i < 5; i++) {
            try (CpuBackend backend = CpuBackend.create(2)) {
                backend.warmUpInBackground();
                pause(10 * i);
            }
            for (Thread thread : Thread.getAllStackTraces().keySet()) {
                if (thread.getName().equals("thaw-warm-up")) {
                    thread.join(20_000);
                    assertFalse(thread.isAlive());
                }
            }
        }
    }

    @Test
    void resultsAndMemoryAreTheSame() {
        try (CpuBackend backend = CpuBackend.create(2); CpuBackend usual = CpuBackend.create(2)) {
            float[] expected = WarmUpTest.convolution(usual);
            long inUse = backend.memory().inUse();
            backend.warmUpInBackground();
            backend.warmUpInBackground();
            for (int i = 0; i < 20; i++) {
                assertArrayEquals(expected, WarmUpTest.convolution(backend));
                pause(5);
            }
            backend.warmUp(false);
            assertArrayEquals(expected, WarmUpTest.convolution(backend));
            assertEquals(inUse, backend.memory().inUse());
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
