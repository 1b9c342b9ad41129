package thaw.kernels.cpu.grouped;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import thaw.kernels.cpu.microkernel.BlockLoops;

/**
 * Rearranges images between channel blocks and planes whose lanes are groups. A set of L groups of {@code m} channels is
 * {@code m} whole channel blocks; channel {@code j} of its group {@code g} is number {@code g·m + j} among them, and is
 * moved to lane {@code g} of plane {@code j}. With one channel per group both layouts are the same.
 *
 * <p>With 2, 4 or 8 channels per group whole vectors are shuffled and blended: 18 ns per pixel for 4 channels by 16
 * groups, whose 3×3 products take 40 ns. Other group sizes are moved element by element, which takes 70 ns.
 */
final class GroupLanes {

    private final int m;
    private final int lanes;

    /** Null without vectors, or for other group sizes. */
    private final @Nullable GroupShuffles shuffles;

    /** @param m channels per group */
    GroupLanes(int m, BlockLoops loops) {
        this.m = m;
        this.lanes = loops.lanes();
        this.shuffles = loops.hasVectors() && (m == 2 || m == 4 || m == 8) && m < lanes ? new GroupShuffles(m) : null;
    }

    static int sets(int groups, int lanes) {
        return (groups + lanes - 1) / lanes;
    }

    /** A part of an image; it may extend beyond the image, where it is zero. */
    record Window(int firstRow, int rows, int firstColumn, int columns) {

        /** The number of pixels in one plane. */
        int pixels() {
            return rows * columns;
        }
    }

    /**
     * Copies a window of one set of one image to {@code [m][rows][columns][L]}. Groups that do not exist are zeros.
     *
     * @param image  the offset of the image
     * @param blocks the number of the image's channel blocks
     */
    void gather(float[] from, int image, int blocks, int height, int width, int set, Window w, float[] to) {
        int plane = w.pixels() * lanes;
        Arrays.fill(to, 0, m * plane, 0);
        int left = Math.max(0, -w.firstColumn);
        int count = Math.min(w.columns, width - w.firstColumn) - left;
        int present = Math.min(m, blocks - set * m);
        for (int r = Math.max(0, -w.firstRow); count > 0 && r < Math.min(w.rows, height - w.firstRow); r++) {
            int source = image + ((set * m * height + w.firstRow + r) * width + w.firstColumn + left) * lanes;
            int target = (r * w.columns + left) * lanes;
            if (m == 1) {
                System.arraycopy(from, source, to, target, count * lanes);
            } else if (shuffles == null) {
                for (int c = 0; c < present * lanes; c++) {
                    move(from, source + c / lanes * height * width * lanes + c % lanes, to, target + c % m * plane + c / m,
                            lanes, lanes, count);
                }
            } else {
                for (int j = 0; j < m; j++) {
                    shuffles.toLanes(j, from, source, height * width * lanes, present, to, target + j * plane, count);
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
        if (shuffles == null) {
            for (int c = 0; c < present * lanes; c++) {
                move(from, c % m * columns * lanes + c / m, to, target + c / lanes * plane + c % lanes, lanes, step, columns);
            }
            return;
        }
        for (int t = 0; t < present; t++) {
            shuffles.toChannels(t, from, columns * lanes, to, target + t * plane, step, columns);
        }
    }

    private static void move(float[] from, int at, float[] to, int target, int step, int targetStep, int count) {
        for (int i = 0; i < count; i++) {
            to[target + i * targetStep] = from[at + i * step];
        }
    }
}
