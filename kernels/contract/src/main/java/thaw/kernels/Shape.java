package thaw.kernels;

import java.util.Arrays;

/**
 * The extent of an array in each dimension, outermost first: {@code [N, C, H, W]} for images and activations. A scalar
 * has rank 0. Immutable.
 */
public final class Shape {

    /** The shape of a scalar: no dimension, one element. */
    public static final Shape SCALAR = new Shape();

    /** The length up to which every JVM makes arrays. */
    private static final int LARGEST = Integer.MAX_VALUE - 8;

    private final int[] dims;
    private final int size;

    private Shape(int... dims) {
        long product = 1;
        for (int d : dims) {
            if (d < 0) {
                throw new IllegalArgumentException("shape " + Arrays.toString(dims) + " has a negative dimension");
            }
            product *= d;
            if (product > LARGEST) {
                throw new IllegalArgumentException("shape " + Arrays.toString(dims) + " has more than 2^31 - 9 elements, the most"
                        + " that an array holds; use a smaller batch or image");
            }
        }
        this.dims = dims;
        this.size = (int) product;
    }

    /**
     * @throws IllegalArgumentException if a dimension is negative or the array would have more than 2^31 − 9 elements
     */
    public static Shape of(int... dims) {
        return dims.length == 0 ? SCALAR : new Shape(dims.clone());
    }

    /** The number of dimensions; 0 for a scalar. */
    public int rank() {
        return dims.length;
    }

    /** The number of elements: the product of the dimensions, 1 for a scalar. */
    public int size() {
        return size;
    }

    /**
     * The extent of a dimension; negative indices count from the last, as in {@code dim(-1)}.
     *
     * @throws IndexOutOfBoundsException if there is no such dimension
     */
    public int dim(int i) {
        return dims[index(i)];
    }

    /**
     * A dimension's index counted from the front: {@code -1} becomes {@code rank() - 1}.
     *
     * @throws IndexOutOfBoundsException if there is no such dimension
     */
    public int index(int i) {
        int k = i < 0 ? i + dims.length : i;
        if (k < 0 || k >= dims.length) {
            throw new IndexOutOfBoundsException("dimension " + i + " of shape " + this + ", which has rank " + dims.length);
        }
        return k;
    }

    /** A copy of the dimensions, in order. */
    public int[] toArray() {
        return dims.clone();
    }

    /** The same shape with one dimension replaced. */
    public Shape with(int i, int extent) {
        int[] d = dims.clone();
        d[index(i)] = extent;
        return Shape.of(d);
    }

    /** The number of elements between neighbours along each dimension in row-major order. */
    public int[] rowMajorStrides() {
        int[] strides = new int[dims.length];
        int step = 1;
        for (int i = dims.length - 1; i >= 0; i--) {
            strides[i] = step;
            step *= Math.max(1, dims[i]);
        }
        return strides;
    }

    /**
     * The shape of an element-wise operation between arrays of shapes {@code a} and {@code b}: aligned at the last
     * dimension, each pair of extents is equal or one of them is 1 (NumPy's broadcasting rule).
     *
     * @throws IllegalArgumentException if the shapes do not broadcast
     */
    public static Shape broadcast(Shape a, Shape b) {
        int rank = Math.max(a.rank(), b.rank());
        int[] d = new int[rank];
        for (int i = 1; i <= rank; i++) {
            int x = i > a.rank() ? 1 : a.dim(-i);
            int y = i > b.rank() ? 1 : b.dim(-i);
            if (x != y && x != 1 && y != 1) {
                throw new IllegalArgumentException("shapes " + a + " and " + b + " do not broadcast: " + x + " against " + y
                        + " in dimension -" + i + "; they must be equal, or one of them 1");
            }
            d[rank - i] = x == 1 ? y : x;
        }
        return Shape.of(d);
    }

    /**
     * The shape that remains when dimensions are reduced.
     *
     * @param keep whether reduced dimensions stay, with extent 1
     * @param dims the reduced dimensions; negative ones count from the last
     */
    public Shape reduce(boolean keep, int... dims) {
        boolean[] gone = new boolean[rank()];
        for (int d : dims) {
            gone[index(d)] = true;
        }
        int[] out = new int[rank()];
        int n = 0;
        for (int i = 0; i < rank(); i++) {
            if (!gone[i]) {
                out[n++] = this.dims[i];
            } else if (keep) {
                out[n++] = 1;
            }
        }
        return Shape.of(Arrays.copyOf(out, n));
    }

    /** An extent of an operator's result, which fits into an int. */
    static int extent(String operator, Shape input, long extent) {
        if (extent > LARGEST) {
            throw new IllegalArgumentException(operator + ": the result of " + input + " would have an extent of " + extent
                    + ", an array holds 2^31 - 9 elements at most");
        }
        return (int) extent;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Shape s && Arrays.equals(dims, s.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    /** The extents in PyTorch's notation: {@code [8, 3, 224, 224]}. */
    @Override
    public String toString() {
        return Arrays.toString(dims);
    }
}
