package thaw.engine;

import java.util.stream.IntStream;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Shape;

/** The operators that sum over elements: the sum itself, the softmax and the matrix product. */
final class Reductions {

    private Reductions() {
    }

    /** {@code y = Σ x} over some dimensions (over all if none is given); {@code gx} repeats {@code gy} along them. */
    static Tensor sum(Tensor x, boolean keepDim, int... dims) {
        Shape shape = x.shape();
        return Function.linear("sum", x, (on, a) -> on.sum(a, keepDim, dims), (on, gy) -> {
            int[] summed = dims.length == 0 ? IntStream.range(0, shape.rank()).toArray() : dims;
            Array kept = on.reshape(gy, shape.reduce(true, summed));
            try {
                return on.expand(kept, shape);
            } finally {
                kept.release();
            }
        });
    }

    /** {@code y = x − log Σ e^x} along the rows of {@code [N, C]}, so {@code gx = gy − e^y · Σ gy}. */
    static Tensor logSoftmax(Tensor x) {
        return new Function("logSoftmax") {
            private Saved y;

            @Override
            protected Array forward(Backend on, Array... in) {
                Array value = on.logSoftmax(in[0]);
                y = needs(0) ? save(value) : null;
                return value;
            }

            @Override
            protected Array[] backward(Backend on, Array gy) {
                return gradients(() -> on.logSoftmaxGradient(gy, y.get()));
            }
        }.apply(x);
    }

    /** {@code Y = A·B}, so {@code gA = gY·Bᵀ} and {@code gB = Aᵀ·gY}. */
    static Tensor matmul(Tensor a, Tensor b) {
        return new Function("matmul") {
            private Saved savedA;
            private Saved savedB;

            @Override
            protected Array forward(Backend on, Array... in) {
                savedA = needs(1) ? save(in[0]) : null;
                savedB = needs(0) ? save(in[1]) : null;
                return on.matmul(in[0], false, in[1], false);
            }

            @Override
            protected Array[] backward(Backend on, Array gy) {
                return gradients(
                        () -> on.matmul(gy, false, savedB.get(), true),
                        () -> on.matmul(savedA.get(), true, gy, false));
            }
        }.apply(a, b);
    }
}
