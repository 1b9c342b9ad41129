package thaw.kernels.cpu.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BufferPoolTest {

    private final BufferPool pool = new BufferPool();

    @Test
    void whatIsGivenBackIsTakenAgain() {
        float[] first = pool.take(1000);
        pool.give(first);
        assertSame(first, pool.take(1000));
        assertNotSame(first, pool.take(1000));
    }

    @Test
    void aThreadTakesWhatItUsedLastThenWhatOthersUsedFirst() {
        SplittableRandom random = new SplittableRandom(1);
        Map<float[], Boolean> byOther = new IdentityHashMap<>();
        Deque<float[]> mine = new ArrayDeque<>();
        Deque<float[]> others = new ArrayDeque<>();
        Thread other = new Thread();
        for (int i = 0; i < 20; i++) {
            byOther.put(new float[1024], random.nextBoolean());
        }
        for (float[] buffer : byOther.keySet()) {
            pool.take(1024);
        }
        byOther.forEach((buffer, isOther) -> {
            (isOther ? others : mine).push(buffer);
            pool.give(buffer, isOther ? other : Thread.currentThread());
        });
        while (!mine.isEmpty()) {
            assertSame(mine.pop(), pool.take(1000));
        }
        while (!others.isEmpty()) {
            assertSame(others.removeLast(), pool.take(1000));
        }
        assertEquals(0, pool.idleBytes());
    }

    @Test
    void anIdleArrayHalfAsLongAgainWillDoAndTheShortestIsTaken() {
        float[] longer = pool.take(1200);
        float[] tooLong = pool.take(1600);
        float[] longest = pool.take(1400);
        pool.give(longer);
        pool.give(longest);
        pool.give(tooLong);
        assertEquals(1024, pool.takeFitting(1024).length);
        assertSame(longer, pool.take(1024));
        assertSame(longest, pool.take(1024));
        assertEquals(1024, pool.take(1024).length);
        assertSame(tooLong, pool.take(1100));
        assertEquals(0, pool.idleBytes());
    }

    @Test
    void lengthsAreRoundedUpByAThirtySecondAtMost() {
        for (int length = 64; length < 1 << 16; length++) {
            int rounded = BufferPool.roundUp(length);
            assertTrue(rounded >= length && rounded <= length + length / 32, length + " became " + rounded);
        }
    }

    @Test
    void longArraysTakeWholeMebibytesWithTheirHeaders() {
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 10_000; i++) {
            int length = random.nextInt(1 << 17, Integer.MAX_VALUE - (1 << 18));
            long bytes = BufferPool.roundUp(length) * 4L + 16;
            assertEquals(0, bytes % (1 << 20), length + " takes " + bytes);
            assertTrue(bytes >= length * 4L + 16 && bytes < length * 4L + 16 + (1 << 20), length + " takes " + bytes);
        }
    }

    @Test
    void everyLengthHasAPlaceOfItsOwn() {
        int last = -1;
        for (long length = 1; length <= Integer.MAX_VALUE - 8; length = BufferPool.roundUp((int) length) + 1L) {
            int place = BufferPool.place(BufferPool.roundUp((int) length));
            assertTrue(place > last, length + " is at " + place + " after " + last);
            last = place;
        }
    }

    @Test
    void thePoolHoldsAtMostTwiceWhatWasOnceInUse() {
        SplittableRandom random = new SplittableRandom(7);
        Deque<float[]> used = new ArrayDeque<>();
        long most = 0;
        for (int i = 0; i < 10_000; i++) {
            if (used.isEmpty() || used.size() < 8 && random.nextBoolean()) {
                used.add(pool.take(random.nextInt(1, 1 << 12)));
            } else {
                pool.give(used.poll());
            }
            most = Math.max(most, pool.usedBytes());
            assertTrue(pool.usedBytes() + pool.idleBytes() <= 2 * most, "after " + i + " steps");
            assertEquals(used.stream().mapToLong(b -> b.length * 4L).sum(), pool.usedBytes());
        }
    }

    @Test
    void lengthsInUseSurviveThoseThatAreNot() {
        float[] steady = pool.take(1 << 10);
        pool.give(steady);
        for (int length = 2 << 10; length <= 3 << 10; length += 1 << 8) {
            assertSame(steady, pool.take(1 << 10));
            pool.give(steady);
            pool.give(pool.take(length));
        }
    }

    @Test
    void arraysThatWereLostStopCountingOnceCollected() throws InterruptedException {
        float[] held = pool.take(1 << 10);
        List<float[]> lost = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            lost.add(pool.take(1 << 16));
        }
        assertTrue(pool.usedBytes() > 40L << 18);
        lost.clear();
        for (int i = 0; i < 200 && pool.usedBytes() > held.length * 4L; i++) {
            System.gc();
            Thread.sleep(10);
        }
        assertEquals(held.length * 4L, pool.usedBytes());
        pool.give(held);
        pool.clear();
        assertEquals(0, pool.usedBytes());
    }
}
