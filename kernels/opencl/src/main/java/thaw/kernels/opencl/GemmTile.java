package thaw.kernels.opencl;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The division of a product of matrices into tiles: the parameters of {@code gemm.cl} or, if {@link Staging#SOLO}, of
 * {@code gemm_solo.cl}. Every valid tile gives correct results on every device that it {@linkplain #fits fits}.
 *
 * @param mDim   blocks along a tile's rows
 * @param nDim   blocks along its columns
 * @param mItem  rows of a block, which is held in registers
 * @param nItem  columns of a block
 * @param kTile  columns of the left and rows of the right matrix that are staged at a time, which divide the parts of a split sum
 * @param vector floats per vector: 1, 2, 4, 8 or 16
 */
record GemmTile(Staging staging, int mDim, int nDim, int mItem, int nItem, int kTile, int vector) {

    /** The way of the operands to the work-items. */
    enum Staging {
        /** A work-group is one work-item that processes all blocks, from a panel in the cache, which suits CPUs. */
        SOLO,
        /** A work-item per block; they share their operands in local memory. */
        SHARED,
        /** Like {@link #SHARED}, and the next step's elements are loaded before this step's are multiplied. */
        AHEAD,
        /** A work-item per block, which reads its operands from global memory. */
        DIRECT
    }

    GemmTile {
        boolean isVector = Integer.bitCount(vector) == 1 && vector <= 16 && vector >= (staging == Staging.SOLO ? 2 : 1);
        if (Math.min(Math.min(mDim, nDim), Math.min(Math.min(mItem, nItem), kTile)) < 1 || !isVector || nItem % vector != 0
                || staging != Staging.SOLO && mItem % vector != 0 || isStaged(staging) && mDim * nDim < kTile) {
            throw new IllegalArgumentException("invalid tile: " + text(staging, mDim, nDim, mItem, nItem, kTile, vector)
                    + "; blocks must be whole vectors, and a work-group needs a work-item per staged row, or one in all");
        }
    }

    private static boolean isStaged(Staging staging) {
        return staging == Staging.SHARED || staging == Staging.AHEAD;
    }

    boolean solo() {
        return staging == Staging.SOLO;
    }

    /** This tile, with another way of the operands to the work-items. */
    GemmTile with(Staging other) {
        return new GemmTile(other, mDim, nDim, mItem, nItem, kTile, vector);
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
        return solo() ? 1 : mDim * nDim;
    }

    /** Bytes of local memory per work-group: panels, tables of positions, and if solo the tile. */
    long localBytes() {
        long floats = solo() ? (long) kTile * columns() + (long) rows() * columns() + kTile + 4L * columns()
                : panel(rows()) + panel(columns()) + (isStaged(staging) ? 8L * kTile + 4L * columns() : 0);
        return floats * Float.BYTES;
    }

    /** Floats of a panel of this width, in which the rows' statistics have room too. */
    private long panel(int width) {
        return Math.max(isStaged(staging) ? (long) kTile * (width + vector) : 0, (long) rows() * (nDim + 1) + vector);
    }

    /** Whether a device's limits allow this tile; limits that depend on the compiler show only when it is built. */
    boolean fits(OpenClDevice device) {
        return items() <= device.largestWorkGroup() && localBytes() <= device.localMemory();
    }

    String file() {
        return solo() ? "gemm_solo.cl" : "gemm.cl";
    }

    /** The macros with which the file is compiled. */
    Map<String, Object> parameters() {
        Map<String, Object> parameters = new TreeMap<>(Map.of("MDIM", mDim, "NDIM", nDim, "MWI", mItem, "NWI", nItem,
                "KWG", kTile, "VW", vector));
        if (!solo()) {
            parameters.put("PREFETCH", staging == Staging.AHEAD ? 1 : 0);
            parameters.put("DIRECT", staging == Staging.DIRECT ? 1 : 0);
        }
        return parameters;
    }

    /** {@code "solo 8x2 blocks of 8x32, 64 deep, vectors of 16"} */
    @Override
    public String toString() {
        return text(staging, mDim, nDim, mItem, nItem, kTile, vector);
    }

    private static String text(Staging staging, int mDim, int nDim, int mItem, int nItem, int kTile, int vector) {
        return (isStaged(staging) ? "" : staging.name().toLowerCase(Locale.ROOT) + " ") + mDim + "x" + nDim + " blocks of " + mItem
                + "x" + nItem + ", " + kTile + " deep, vectors of " + vector + (staging == Staging.AHEAD ? ", loaded ahead" : "");
    }
}
