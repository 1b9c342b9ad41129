package thaw.kernels.opencl;

import java.util.Arrays;
import java.util.List;
import thaw.kernels.Shape;

/**
 * A traversal of an array of several dimensions: the struct of {@code walk.cl}, which {@link #toInts} fills. Dimensions
 * that can be traversed as one are merged, those of extent 1 are left out.
 */
final class Walk {

    private static final int MOST_DIMENSIONS = 8;

    private final int[] extents;
    private final int[] stridesA;
    private final int[] stridesB;
    private int rank;

    private Walk(int dimensions) {
        extents = new int[dimensions];
        stridesA = new int[dimensions];
        stridesB = new int[dimensions];
    }

    /** A walk along a shape's dimensions, with these strides in an array. */
    static Walk of(int[] extents, int[] strides) {
        return of(extents, strides, new int[strides.length]);
    }

    /** A walk along a shape's dimensions, with these strides in two arrays. */
    static Walk of(int[] extents, int[] stridesA, int[] stridesB) {
        Walk walk = new Walk(extents.length);
        for (int d = 0; d < extents.length; d++) {
            walk.add(extents[d], stridesA[d], stridesB[d]);
        }
        if (walk.rank > MOST_DIMENSIONS) {
            throw new IllegalArgumentException("shape " + Arrays.toString(extents) + " with strides " + Arrays.toString(stridesA)
                    + " and " + Arrays.toString(stridesB) + " has more than " + MOST_DIMENSIONS
                    + " dimensions that cannot be merged, which OpenCL kernels do not support; use several steps");
        }
        return walk;
    }

    private void add(int extent, int strideA, int strideB) {
        if (extent == 1) {
            return;
        }
        int last = rank - 1;
        if (last >= 0 && stridesA[last] == extent * strideA && stridesB[last] == extent * strideB) {
            extents[last] *= extent;
        } else {
            last = rank++;
            extents[last] = extent;
        }
        stridesA[last] = strideA;
        stridesB[last] = strideB;
    }

    /** The innermost stride in the first array, 0 if there is only one element. */
    int innermostStride() {
        return rank == 0 ? 0 : stridesA[rank - 1];
    }

    int innermostExtent() {
        return rank == 0 ? 1 : extents[rank - 1];
    }

    /** The struct's ints, in order. */
    int[] toInts() {
        int[] ints = new int[1 + 3 * MOST_DIMENSIONS];
        ints[0] = rank;
        System.arraycopy(extents, 0, ints, 1, rank);
        System.arraycopy(stridesA, 0, ints, 1 + MOST_DIMENSIONS, rank);
        System.arraycopy(stridesB, 0, ints, 1 + 2 * MOST_DIMENSIONS, rank);
        return ints;
    }

    /** Strides with which {@code x}, aligned at the last dimension, is broadcast to a shape. */
    static int[] broadcastStrides(Shape x, Shape to) {
        int[] strides = new int[to.rank()];
        int[] own = x.rowMajorStrides();
        for (int i = 1; i <= x.rank(); i++) {
            strides[to.rank() - i] = x.dim(-i) == 1 ? 0 : own[x.rank() - i];
        }
        return strides;
    }

    /** The entries of some dimensions only, in the order given. */
    static int[] pick(int[] of, List<Integer> dims) {
        return dims.stream().mapToInt(d -> of[d]).toArray();
    }
}
