package thaw.kernels.opencl;

import java.util.Map;
import java.util.TreeMap;

/**
 * How a product of matrices is cut up: the parameters of {@code gemm.cl} and, where it is {@code solo}, of
 * {@code gemm_solo.cl}. Every tile that can be made is right on every device that it {@linkplain #fits fits}.
 *
 * @param solo     whether a work-group is one work-item that goes through all blocks, as processors like it, rather than one
 *                 work-item for each block, that share what they need in local memory
 * @param mDim     blocks along a tile's rows
 * @param nDim     blocks along its columns
 * @param mItem    rows of a block, which is held in registers
 * @param nItem    columns of a block
 * @param kTile    columns of the left and rows of the right matrix that are staged at a time
 * @param vector   floats of a vector, of 1, 2, 4, 8 and 16
 * @param prefetch whether the next step's elements are loaded before this step's are multiplied; never where it is solo
 */
record GemmTile(boolean solo, int mDim, int nDim, int mItem, int nItem, int kTile, int vector, boolean prefetch) {

    /** Without loading ahead. */
    GemmTile(boolean solo, int mDim, int nDim, int mItem, int nItem, int kTile, int vector) {
        this(solo, mDim, nDim, mItem, nItem, kTile, vector, false);
    }

    GemmTile {
        boolean isVector = Integer.bitCount(vector) == 1 && vector <= 16 && vector >= (solo ? 2 : 1);
        if (Math.min(Math.min(mDim, nDim), Math.min(Math.min(mItem, nItem), kTile)) < 1 || !isVector || nItem % vector != 0
                || (solo ? prefetch : mItem % vector != 0 || mDim * nDim < kTile)) {
            throw new IllegalArgumentException("no tile: " + text(solo, mDim, nDim, mItem, nItem, kTile, vector, prefetch)
                    + "; blocks are whole vectors, and there is a work-item for each staged row, or one in all that"
                    + " loads nothing ahead");
        }
    }

    /** This tile, with the next step's elements loaded ahead. */
    GemmTile prefetching() {
        return new GemmTile(solo, mDim, nDim, mItem, nItem, kTile, vector, true);
    }

    /** How many floats are moved at a time where so many lie side by side. */
    int load(int sideBySide) {
        return vector <= sideBySide && kTile % vector == 0 ? vector : 1;
    }

    int rows() {
        return mDim * mItem;
    }

    int columns() {
        return nDim * nItem;
    }

    /** Work-items of a work-group. */
    int items() {
        return solo ? 1 : mDim * nDim;
    }

    /** Bytes of local memory that a work-group takes: panels, places, and where it is solo the tile. */
    long localBytes() {
        long floats = solo ? (long) kTile * columns() + (long) rows() * columns() + kTile + 4L * columns()
                : (long) kTile * (rows() + columns() + 2L * vector) + 8L * kTile + 4L * columns();
        return floats * Float.BYTES;
    }

    /** Whether a device's limits allow it; those that depend on the compiler show when it is built. */
    boolean fits(OpenClDevice device) {
        return items() <= device.largestWorkGroup() && localBytes() <= device.localMemory();
    }

    String file() {
        return solo ? "gemm_solo.cl" : "gemm.cl";
    }

    /** What the file is compiled with. */
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
