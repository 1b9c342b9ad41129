package thaw.kernels.cpu.grouped;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rearranges images between channel blocks and planes whose lanes are groups. A set of L groups of {@code m} channels is
 * {@code m} whole channel blocks; channel {@code j} of its group {@code g} is number {@code g·m + j} among them, and is
 * moved to lane {@code g} of plane {@code j}. With one channel per group both layouts are the same.
 *
 * <p>With 2, 4 or 8 channels per group whole vectors are shuffled and blended: 18 ns per pixel for 4 channels by 16
 * groups, whose 3×3 products take 40 ns. Other group sizes are moved element by element, which takes 70 ns.
 */
final class GroupLanes {

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

    /** @param m channels per group */
    GroupLanes(int m) {
        this.m = m;
        boolean shuffled = (m == 2 || m == 4 || m == 8) && m < L;
        int[] all = IntStream.range(0, shuffled ? m : 0).toArray();
        toLanes = Arrays.stream(all).mapToObj(j -> VectorShuffle.fromOp(S, g -> (g * m + j) % L)).toList();
        fromBlock = Arrays.stream(all).mapToObj(t -> mask(g -> g * m / L == t)).toList();
        toChannels = Arrays.stream(all).mapToObj(t -> VectorShuffle.fromOp(S, i -> (t * L + i) / m)).toList();
        fromPlane = Arrays.stream(all).mapToObj(j -> mask(i -> i % m == j)).toList();
    }

    private static VectorMask<Float> mask(IntPredicate set) {
        boolean[] lanes = new boolean[L];
        for (int i = 0; i < L; i++) {
            lanes[i] = set.test(i);
        }
        return VectorMask.fromArray(S, lanes, 0);
    }

    static int sets(int groups) {
        return (groups + L - 1) / L;
    }

    /** A part of an image; it may extend beyond the image, where it is zero. */
    record Window(int firstRow, int rows, int firstColumn, int columns) {

        /** The number of floats in one plane. */
        int plane() {
            return rows * columns * L;
        }
    }

    /**
     * Copies a window of one set of one image to {@code [m][rows][columns][L]}. Groups that do not exist are zeros.
     *
     * @param image  the offset of the image
     * @param blocks the number of the image's channel blocks
     */
    void gather(float[] from, int image, int blocks, int height, int width, int set, Window w, float[] to) {
        Arrays.fill(to, 0, m * w.plane(), 0);
        int left = Math.max(0, -w.firstColumn);
        int count = Math.min(w.columns, width - w.firstColumn) - left;
        int present = Math.min(m, blocks - set * m);
        for (int r = Math.max(0, -w.firstRow); count > 0 && r < Math.min(w.rows, height - w.firstRow); r++) {
            int source = image + ((set * m * height + w.firstRow + r) * width + w.firstColumn + left) * L;
            int target = (r * w.columns + left) * L;
            if (m == 1) {
                System.arraycopy(from, source, to, target, count * L);
            } else if (toLanes.isEmpty()) {
                for (int c = 0; c < present * L; c++) {
                    move(from, source + c / L * height * width * L + c % L, to, target + c % m * w.plane() + c / m, L, L, count);
                }
            } else {
                for (int j = 0; j < m; j++) {
                    shuffle(from, source, height * width * L, present, toLanes.get(j), fromBlock,
                            to, target + j * w.plane(), L, count);
                }
            }
        }
    }

    /**
     * The inverse, for one row.
     *
     * @param from  {@code [m][columns][L]}
     * @param row   the offset of the row in the image's first block
     * @param plane floats in a block
     * @param step  floats between neighbouring columns
     */
    void scatter(float[] from, int columns, int set, int blocks, float[] to, int row, int plane, int step) {
        int present = Math.min(m, blocks - set * m);
        int target = row + set * m * plane;
        if (toChannels.isEmpty()) {
            for (int c = 0; c < present * L; c++) {
                move(from, c % m * columns * L + c / m, to, target + c / L * plane + c % L, L, step, columns);
            }
            return;
        }
        for (int t = 0; t < present; t++) {
            shuffle(from, 0, columns * L, m, toChannels.get(t), fromPlane, to, target + t * plane, step, columns);
        }
    }

    private static void move(float[] from, int at, float[] to, int target, int step, int targetStep, int count) {
        for (int i = 0; i < count; i++) {
            to[target + i * targetStep] = from[at + i * step];
        }
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
