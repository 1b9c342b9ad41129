package thaw.kernels.reference;

import thaw.kernels.Shape;

/**
 * Operators that only move elements or add them up. All follow from one idea: walk over the indices {@code i} of a shape
 * in row-major order, beside an array in which index {@code i} lies at {@code start + Σ_d i[d] · stride[d]}. A stride of
 * 0 reads one element again and again, or adds to it.
 */
final class ReferenceStrides {

    private ReferenceStrides() {
    }

    /** The place {@code start + Σ_d i[d] · strides[d]} of each index of a shape, in row-major order. */
    static int[] places(Shape shape, int start, int... strides) {
        int[] places = new int[shape.size()];
        int[] rowMajor = shape.rowMajorStrides();
        for (int n = 0; n < places.length; n++) {
            places[n] = start;
            for (int d = 0; d < strides.length; d++) {
                places[n] += n / rowMajor[d] % shape.dim(d) * strides[d];
            }
        }
        return places;
    }

    /** Dimension d of the result walks along dimension dims[d] of x. */
    static int[] permuted(Shape x, int... dims) {
        int[] strides = new int[dims.length];
        for (int d = 0; d < dims.length; d++) {
            strides[d] = x.rowMajorStrides()[x.index(dims[d])];
        }
        return strides;
    }

    /** Strides at which x, aligned at the last dimension, is broadcast to a shape. */
    static int[] broadcast(Shape x, Shape to) {
        int[] strides = new int[to.rank()];
        for (int i = 1; i <= x.rank(); i++) {
            strides[to.rank() - i] = x.dim(-i) == 1 ? 0 : x.rowMajorStrides()[x.rank() - i];
        }
        return strides;
    }

    /** y[n] = x[places[n]] */
    static void gather(double[] x, int[] places, double[] y) {
        for (int n = 0; n < places.length; n++) {
            y[n] = x[places[n]];
        }
    }

    /** y[places[n]] = x[n] */
    static void scatter(double[] x, int[] places, double[] y) {
        for (int n = 0; n < places.length; n++) {
            y[places[n]] = x[n];
        }
    }

    /** y[places[n]] += x[n] */
    static void scatterAdd(double[] x, int[] places, double[] y) {
        for (int n = 0; n < places.length; n++) {
            y[places[n]] += x[n];
        }
    }
}
