package thaw.kernels.cpu.grouped;

import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Moves whole vectors between the two layouts of {@link GroupLanes}, by the Vector API: shuffled, then blended. */
final class GroupShuffles {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    private final int m;
    /** By plane, the lane of a channel block that each lane takes; and by block, the lanes that come from it. */
    private final List<VectorShuffle<Float>> toLanes;
    private final List<VectorMask<Float>> fromBlock;
    /** The inverse: by block, the lane of a plane; and by plane, the lanes that come from it. */
    private final List<VectorShuffle<Float>> toChannels;
    private final List<VectorMask<Float>> fromPlane;
    private final VectorMask<Float> none = S.maskAll(false);

    /** @param m channels per group: 2, 4 or 8, and fewer than a vector's lanes */
    GroupShuffles(int m) {
        this.m = m;
        toLanes = IntStream.range(0, m).mapToObj(j -> VectorShuffle.fromOp(S, g -> (g * m + j) % L)).toList();
        fromBlock = IntStream.range(0, m).mapToObj(t -> mask(g -> g * m / L == t)).toList();
        toChannels = IntStream.range(0, m).mapToObj(t -> VectorShuffle.fromOp(S, i -> (t * L + i) / m)).toList();
        fromPlane = IntStream.range(0, m).mapToObj(j -> mask(i -> i % m == j)).toList();
    }

    private static VectorMask<Float> mask(IntPredicate set) {
        boolean[] lanes = new boolean[L];
        for (int i = 0; i < L; i++) {
            lanes[i] = set.test(i);
        }
        return VectorMask.fromArray(S, lanes, 0);
    }

    /** A row of {@code count} pixels of the first {@code present} blocks to plane {@code j}. */
    void toLanes(int j, float[] from, int at, int block, int present, float[] to, int target, int count) {
        shuffle(from, at, block, present, toLanes.get(j), fromBlock, to, target, L, count);
    }

    /** A row of pixels of all planes to block {@code t}. */
    void toChannels(int t, float[] from, int plane, float[] to, int target, int step, int count) {
        shuffle(from, 0, plane, m, toChannels.get(t), fromPlane, to, target, step, count);
    }

    /** Gathers the lanes of each mask from the vectors of up to {@code m} planes. */
    private void shuffle(float[] from, int at, int plane, int present, VectorShuffle<Float> order, List<VectorMask<Float>> masks,
            float[] to, int target, int step, int count) {
        for (int i = 0; i < present; i += 4) {
            int a = at + i * plane;
            int left = present - i;
            blend(from, a, left > 1 ? a + plane : a, left > 2 ? a + 2 * plane : a, left > 3 ? a + 3 * plane : a, order,
                    masks.get(i), left > 1 ? masks.get(i + 1) : none, left > 2 ? masks.get(i + 2) : none,
                    left > 3 ? masks.get(i + 3) : none, to, target, step, count);
        }
    }

    private static void blend(float[] from, int a, int b, int c, int d, VectorShuffle<Float> order, VectorMask<Float> ofA,
            VectorMask<Float> ofB, VectorMask<Float> ofC, VectorMask<Float> ofD, float[] to, int target, int step, int count) {
        for (int i = 0; i < count; i++) {
            FloatVector va = FloatVector.fromArray(S, from, a + i * L).rearrange(order);
            FloatVector vb = FloatVector.fromArray(S, from, b + i * L).rearrange(order);
            FloatVector vc = FloatVector.fromArray(S, from, c + i * L).rearrange(order);
            FloatVector vd = FloatVector.fromArray(S, from, d + i * L).rearrange(order);
            FloatVector.fromArray(S, to, target + i * step).blend(va, ofA).blend(vb, ofB).blend(vc, ofC).blend(vd, ofD)
                    .intoArray(to, target + i * step);
        }
    }
}
