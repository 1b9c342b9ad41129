package thaw.kernels.cpu;

import java.util.Arrays;

/**
 * Rearranges rows of images between channel blocks and planes whose lanes are groups. A set of L groups of {@code m} channels
 * is {@code m} whole channel blocks; channel {@code j} of its group {@code g} is number {@code g·m + j} among them, and goes to
 * lane {@code g} of plane {@code j}. With one channel a group both are the same.
 */
final class GroupLanes {

    private GroupLanes() {
    }

    /** Groups that are not there are lanes of zeros. */
    static int sets(int groups, int lanes) {
        return (groups + lanes - 1) / lanes;
    }

    /**
     * A window of one set of one image as {@code [m][rows][columns][L]}; what lies outside of the image is zero.
     *
     * @param image    where the image begins
     * @param blocks   of the image
     * @param m        channels of a group
     * @param firstRow of the window in the image; may be negative, as {@code firstColumn} may
     */
    static void gather(float[] from, int image, int blocks, int height, int width, int set, int m, int lanes,
            int firstRow, int rows, int firstColumn, int columns, float[] to) {
        Arrays.fill(to, 0, m * rows * columns * lanes, 0);
        int left = Math.max(0, -firstColumn);
        int count = Math.min(columns, width - firstColumn) - left;
        for (int t = 0; t < m && set * m + t < blocks; t++) {
            for (int r = Math.max(0, -firstRow); r < Math.min(rows, height - firstRow); r++) {
                int source = image + (((set * m + t) * height + firstRow + r) * width + firstColumn + left) * lanes;
                int target = (r * columns + left) * lanes;
                if (m == 1) {
                    System.arraycopy(from, source, to, target, Math.max(0, count) * lanes);
                    continue;
                }
                for (int lane = 0; lane < lanes; lane++) {
                    int c = t * lanes + lane;
                    move(from, source + lane, to, target + c % m * rows * columns * lanes + c / m, lanes, lanes, count);
                }
            }
        }
    }

    /**
     * The inverse, for one row.
     *
     * @param from    {@code [m][columns][L]}
     * @param row     where the row begins in the image's first block
     * @param plane   floats of a block
     * @param step    floats between neighbouring columns
     */
    static void scatter(float[] from, int columns, int set, int m, int blocks, int lanes, float[] to, int row, int plane, int step) {
        for (int t = 0; t < m && set * m + t < blocks; t++) {
            for (int lane = 0; lane < lanes; lane++) {
                int c = t * lanes + lane;
                move(from, c % m * columns * lanes + c / m, to, row + (set * m + t) * plane + lane, lanes, step, columns);
            }
        }
    }

    private static void move(float[] from, int at, float[] to, int target, int step, int targetStep, int count) {
        for (int i = 0; i < count; i++) {
            to[target + i * targetStep] = from[at + i * step];
        }
    }
}
