package thaw.finetune.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RandomStreamTest {
    @Test
    void everyKeyHasAStreamOfItsOwn() {
        Set<Long> firsts = new HashSet<>();
        for (long seed = 0; seed < 10; seed++) {
            for (long epoch = 0; epoch < 10; epoch++) {
                for (long index = -1; index < 100; index++) {
                    firsts.add(RandomStream.of(seed, epoch, index).nextLong());
                }
            }
        }
        assertEquals(10 * 10 * 101, firsts.size());
        assertEquals(RandomStream.of(1, 2, 3).nextLong(), RandomStream.of(1, 2, 3).nextLong());
    }

    /**
     * The first bits of neighbouring keys decide the flips, so they must be balanced: 5 standard deviations of 20,000 coin
     * tosses are 354.
     */
    @Test
    void neighbouringKeysTossFairCoins() {
        int heads = 0;
        int changes = 0;
        boolean before = false;
        for (int index = 0; index < 20_000; index++) {
            boolean head = RandomStream.of(1, 0, index).nextBoolean();
            heads += head ? 1 : 0;
            changes += head == before ? 0 : 1;
            before = head;
        }
        assertTrue(Math.abs(heads - 10_000) < 354, heads + " heads");
        assertTrue(Math.abs(changes - 10_000) < 354, changes + " changes");
    }

    @Test
    void permutationsHoldEveryIndexOnceAndFavourNone() {
        int[] atFirst = new int[5];
        for (int seed = 0; seed < 5000; seed++) {
            int[] order = RandomStream.permutation(5, RandomStream.of(seed));
            atFirst[order[0]]++;
            assertArrayEquals(new int[] {0, 1, 2, 3, 4}, Arrays.stream(order).sorted().toArray());
        }
        IntStream.of(atFirst).forEach(count -> assertTrue(Math.abs(count - 1000) < 142, Arrays.toString(atFirst)));
    }
}
