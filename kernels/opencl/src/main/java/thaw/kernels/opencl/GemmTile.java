package thaw.kernels.opencl;

import java.util.Map;
import java.util.TreeMap;

/**
 * The division of a product of matrices into tiles: the parameters of {@code gemm.cl} or, if {@code solo}, of
 * {@code gemm_solo.cl}. Every valid tile gives correct results on every device that it {@linkplain #fits fits}.
 *
 * @param solo     whether a work-group is one work-item that processes all blocks, which suits CPUs, rather than one
 *     work-item per block that share their operands in local memory
 * @param mDim     blocks along a tile's rows
 * @param nDim     blocks along its columns
 * @param mItem    rows of a block, which is held in registers
 * @param nItem    columns of a block
 * @param kTile    columns of the left and rows of the right matrix that are staged at a time
 * @param vector   floats per vector: 1, 2, 4, 8 or 16
 * @param prefetch whether the next step's elements are loaded before this step's are multiplied; never if solo
 */
record GemmTile(boolean solo, int mDim, int nDim, int mItem, int nItem, int kTile, int vector, boolean prefetch) {

    /** A tile without prefetching. */
    GemmTile(boolean solo, int mDim, int nDim, int mItem, int nItem, int kTile, int vector) {
        this(solo, mDim, nDim, mItem, nItem, kTile, vector, false);
    }

    GemmTile {
        boolean isVector = Integer.bitCount(vector) == 1 && vector <= 16 && vector >= (solo ? 2 : 1);
        if (Math.min(Math.min(mDim, nDim), Math.min(Math.min(mItem, nItem), kTile)) < 1 || !isVector || nItem % vector != 0
                || (solo ? prefetch : mItem % vector != 0 || mDim * nDim < kTile)) {
            throw new IllegalArgumentException("invalid tile: " + text(solo, mDim, nDim, mItem, nItem, kTile, vector, prefetch)
                    + "; blocks must be whole vectors, and a work-group needs a work-item per staged row, or one in all"
                    + " without prefetching");
        }
    }

    /** This tile, with prefetching. */
    GemmTile prefetching() {
        return new GemmTile(solo, mDim, nDim, mItem, nItem, kTile, vector, true);
    }

    /** The number of floats moved at a time if {@code sideBySide} are contiguous. */
    int load(int sideBySide) {
        return vector <= sideBySide && kTile % vector == 0 ? vector : 1;
    }

    int rows() {
        return mDim * mItem;
    }

    int columns() {
        return nDim * nItem;
    }

    /** Work-items per work-group. */
    int items() {
        return solo ? 1 : mDim * nDim;
    }

    /** Bytes of local memory per work-group: panels, tables of positions, and if solo the tile. */
    long localBytes() {
        long floats = solo ? (long) kTile * columns() + (long) rows() * columns() + kTile + 4L * columns()
                : panel(rows()) + panel(columns()) + 8L * kTile + 4L * columns();
        return floats * Float.BYTES;
    }

    /** Floats of a panel of this width, in which the rows' statistics have room too. */
    private long panel(int width) {
        return Math.max((long) kTile * (width + vector), (long) rows() * (nDim + 1) + vector);
    }

    /** Whether a device's limits allow this tile; limits that depend on the compiler show only when it is built. */
    boolean fits(OpenClDevice device) {
        return items() <= device.largestWorkGroup() && localBytes() <= device.localMemory();
    }

    String file() {
        return solo ? "gemm_solo.cl" : "gemm.cl";
    }

    /** The macros with which the file is compiled. */
    Map<String, Object> parameters() {
        Map<String, Object> parameters = new TreeMap<>(Map.of("MDIM", mDim, "NDIM", nDim, "MWI", mItem, "NWI", nItem,
                "KWG", kTile, "VW", vector));
        if (!solo) {
            parameters.put("PREFETCH", prefetch ? 1 : 0);
        }
        return parameters;
    }

    /** {@code "solo 8x2 blocks of 8x32, 64 deep, vectors of 16"} */
    @Override
    public String toString() {
        return text(solo, mDim, nDim, mItem, nItem, kTile, vector, prefetch);
    }

    private static String text(boolean solo, int mDim, int nDim, int mItem, int nItem, int kTile, int vector,
            boolean prefetch) {
        return (solo ? "solo " : "") + mDim + "x" + nDim + " blocks of " + mItem + "x" + nItem + ", " + kTile
                + " deep, vectors of " + vector + (prefetch ? ", loaded ahead" : "");
    }
}
