package thaw.kernels.reference;

import thaw.kernels.Shape;

/**
 * Operators that only move or sum elements. All of them walk over the indices {@code i} of a shape in row-major order, in
 * step with an array in which index {@code i} is at {@code start + Σ_d i[d] · stride[d]}. A stride of 0 reads the same
 * element repeatedly, or adds to it.
 */
final class ReferenceStrides {

    private ReferenceStrides() {
    }

    /** The position {@code start + Σ_d i[d] · strides[d]} of each index of a shape, in row-major order. */
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

    /** The strides in x of a permuted result: dimension d of the result walks along dimension {@code dims[d]} of x. */
    static int[] permuted(Shape x, int... dims) {
        int[] strides = new int[dims.length];
        for (int d = 0; d < dims.length; d++) {
            strides[d] = x.rowMajorStrides()[x.index(dims[d])];
        }
        return strides;
    }

    /** The strides of x, aligned at the last dimension, under broadcasting to a shape. */
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
