package thaw.kernels.cpu.elementwise;

import thaw.kernels.Shape;

/** Walks over row-major arrays with other strides than their own: for broadcasting, permuting, summing. */
final class Strides {

    /** Receives an element's index in row-major order of the walk, and its offsets in two arrays. */
    @FunctionalInterface
    interface Visitor {
        void visit(int index, int first, int second);
    }

    private Strides() {
    }

    /** The strides of {@code x} when it is repeated to {@code shape}: 0 along the dimensions in which it is repeated. */
    static int[] broadcast(Shape x, Shape shape) {
        int[] own = x.rowMajorStrides();
        int[] strides = new int[shape.rank()];
        for (int i = 1; i <= x.rank(); i++) {
            strides[shape.rank() - i] = x.dim(-i) == 1 ? 0 : own[x.rank() - i];
        }
        return strides;
    }

    /** Visits every element of the given extents in row-major order. */
    static void forEach(int[] dims, int[] first, int[] second, Visitor visitor) {
        int rank = dims.length;
        int total = 1;
        for (int d : dims) {
            total *= d;
        }
        int[] at = new int[rank];
        int a = 0;
        int b = 0;
        for (int i = 0; i < total; i++) {
            visitor.visit(i, a, b);
            for (int d = rank - 1; d >= 0; d--) {
                a += first[d];
                b += second[d];
                if (++at[d] < dims[d]) {
                    break;
                }
                a -= first[d] * dims[d];
                b -= second[d] * dims[d];
                at[d] = 0;
            }
        }
    }
}
