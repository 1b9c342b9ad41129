package thaw.kernels.cpu.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.fail;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which rearranged weights are kept, and how they count. */
class CpuStorageTest {

    private static final int LENGTH = 1 << 16;

    private final BufferPool pool = new BufferPool();
    private final CpuStorage weight = new CpuStorage(pool, 1024);

    /** Garbage of other tests counts as used heap, of which a third has to be free. */
    @BeforeEach
    void collectGarbage() {
        System.gc();
    }

    private float[] kept(Object key) {
        return weight.kept(key, LENGTH, () -> pool.takeFitting(LENGTH));
    }

    @Test
    void theSecondUseOfTheSameContentsIsKept() {
        assertNull(kept("a"));
        float[] a = kept("a");
        assertNotNull(a);
        assertSame(a, kept("a"));
        assertNull(kept("b"));
        weight.changed();
        assertNull(kept("a"));
        assertNotNull(kept("a"));
    }

    @Test
    void whatIsKeptCountsAsInUseUntilTheWeightIsReleased() {
        long before = pool.usedBytes();
        kept("a");
        kept("a");
        assertEquals(before + 4L * LENGTH, pool.usedBytes());
        weight.release();
        assertEquals(0, pool.usedBytes());
    }

    @Test
    void whatDoesNotFitIsNotMade() {
        for (int use = 0; use < 3; use++) {
            assertNull(weight.kept("a", Integer.MAX_VALUE - 8, () -> fail("8 GiB do not fit into this heap")));
        }
    }

    @Test
    void anExhaustedHeapIsNoErrorWhereNothingNeedsToBeKept() {
        for (int use = 0; use < 3; use++) {
            assertNull(weight.kept("a", LENGTH, () -> {
                throw new OutOfMemoryError("as if other threads had taken the rest");
            }));
        }
        assertNotNull(kept("a"));
    }
}
