package thaw.engine;

import java.util.Arrays;
import java.util.Locale;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.BinaryOp;
import thaw.kernels.Shape;
import thaw.kernels.UnaryOp;

/** The element-wise operators. */
final class Elementwise {

    private Elementwise() {
    }

    /** {@code y = f(x)}, so {@code gx = gy · f′(x)}; many {@code f′} are cheaper to compute from {@code y}. */
    static Tensor unary(UnaryOp op, Tensor x) {
        return new Function(op.toString().toLowerCase(Locale.ROOT)) {
            private Saved saved;

            @Override
            protected Array forward(Backend on, Array... in) {
                Array value = on.unary(op, in[0]);
                saved = needs(0) ? save(op.gradientNeedsInput() ? in[0] : value) : null;
                return value;
            }

            @Override
            protected Array[] backward(Backend on, Array gy) {
                return gradients(() -> op == UnaryOp.RELU ? reluGradient(on, gy, saved.get())
                        : op.gradientNeedsInput() ? on.unaryGradient(op, gy, saved.get(), null)
                                : on.unaryGradient(op, gy, null, saved.get()));
            }
        }.apply(x);
    }

    /** {@code y = alpha·x + beta}, so {@code gx = alpha·gy}. */
    static Tensor affine(Tensor x, double alpha, double beta) {
        return Function.linear("affine", x, (on, a) -> on.affine(a, alpha, beta),
                (on, gy) -> alpha == 1 ? gy.retain() : on.affine(gy, alpha, 0));
    }

    /** {@code y = a ∘ b} with broadcasting. */
    static Tensor binary(BinaryOp op, Tensor a, Tensor b) {
        return new Binary(op).apply(a, b);
    }

    /**
     * The gradients:
     * <pre>
     * a + b   ga = gy        gb = gy
     * a − b   ga = gy        gb = −gy
     * a · b   ga = gy · b    gb = gy · a
     * a / b   ga = gy / b    gb = −gy · y / b
     * </pre>
     * The gradient of a broadcast operand is the sum over its repetitions.
     */
    private static final class Binary extends Function {

        private final BinaryOp op;
        private Shape shapeA;
        private Shape shapeB;
        private Saved a;
        private Saved b;
        private Saved y;

        private Binary(BinaryOp op) {
            super(op.toString().toLowerCase(Locale.ROOT));
            this.op = op;
        }

        @Override
        protected Array forward(Backend on, Array... in) {
            Array value = on.binary(op, in[0], in[1]);
            shapeA = in[0].shape();
            shapeB = in[1].shape();
            if (op == BinaryOp.MUL && needs(1)) {
                a = save(in[0]);
            }
            if (op == BinaryOp.MUL && needs(0) || op == BinaryOp.DIV && needsAny()) {
                b = save(in[1]);
            }
            if (op == BinaryOp.DIV && needs(1)) {
                y = save(value);
            }
            return value;
        }

        @Override
        protected Array[] backward(Backend on, Array gy) {
            return gradients(
                    () -> sumTo(on, shapeA, gradientA(on, gy)),
                    () -> sumTo(on, shapeB, gradientB(on, gy)));
        }

        private Array gradientA(Backend on, Array gy) {
            return switch (op) {
                case ADD, SUB -> gy.retain();
                case MUL -> on.binary(BinaryOp.MUL, gy, b.get());
                case DIV -> on.binary(BinaryOp.DIV, gy, b.get());
            };
        }

        private Array gradientB(Backend on, Array gy) {
            return switch (op) {
                case ADD -> gy.retain();
                case SUB -> on.affine(gy, -1, 0);
                case MUL -> on.binary(BinaryOp.MUL, gy, a.get());
                case DIV -> {
                    Array product = on.binary(BinaryOp.MUL, gy, y.get());
                    Array quotient = on.binary(BinaryOp.DIV, product, b.get());
                    product.release();
                    Array negative = on.affine(quotient, -1, 0);
                    quotient.release();
                    yield negative;
                }
            };
        }

        /** The sum over the dimensions along which {@code shape} was broadcast; takes over {@code g}. */
        private static Array sumTo(Backend on, Shape shape, Array g) {
            if (g.shape().equals(shape)) {
                return g;
            }
            int rank = g.shape().rank();
            int missing = rank - shape.rank();
            int[] repeated = new int[rank];
            int n = 0;
            for (int i = 0; i < rank; i++) {
                if (i < missing || shape.dim(i - missing) != g.shape().dim(i)) {
                    repeated[n++] = i;
                }
            }
            Array sum = on.sum(g, true, Arrays.copyOf(repeated, n));
            g.release();
            Array reshaped = on.reshape(sum, shape);
            sum.release();
            return reshaped;
        }
    }
}
