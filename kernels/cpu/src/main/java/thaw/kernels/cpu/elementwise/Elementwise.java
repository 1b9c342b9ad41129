package thaw.kernels.cpu.elementwise;

import static thaw.kernels.cpu.memory.Memory.cpu;

import java.util.function.Supplier;
import thaw.kernels.Array;
import thaw.kernels.BinaryOp;
import thaw.kernels.ElementwiseOps;
import thaw.kernels.Shape;
import thaw.kernels.SplitMix64;
import thaw.kernels.UnaryOp;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;
import thaw.kernels.cpu.norm.LaneLoops;
import thaw.kernels.cpu.parallel.Workers;

/**
 * Element-wise operators. They run over the memory in its own layout if that keeps the zeros of missing channels, and
 * otherwise in row-major order. The loops are plain Java; the compiler vectorises them.
 */
public final class Elementwise implements ElementwiseOps {

    /** Elements per item of a job: a few microseconds of work, and a few memory pages. */
    private static final int CHUNK = 1 << 14;

    /** A loop over part of the elements. */
    private interface Range {
        void run(int from, int to);
    }

    /** A loop over part of the elements of {@code x} and {@code y}. */
    private interface Loop {
        void run(float[] x, float[] y, int from, int to);
    }

    private final Memory memory;
    private final Workers workers;
    private final Supplier<LaneLoops> current;

    public Elementwise(Memory memory, Workers workers, Supplier<LaneLoops> current) {
        this.memory = memory;
        this.workers = workers;
        this.current = current;
    }

    private void overAll(int length, Range range) {
        int items = (length + CHUNK - 1) / CHUNK;
        workers.run(items, i -> range.run(i * CHUNK, Math.min(length, (i + 1) * CHUNK)));
    }

    /** A new array that the loop computes from {@code x}, which is released. */
    private CpuArray map(CpuArray x, Loop loop) {
        CpuArray y = memory.like(x);
        float[] a = x.data();
        float[] b = y.data();
        overAll(x.length(), (from, to) -> loop.run(a, b, from, to));
        x.release();
        return y;
    }

    /** Changes {@code target} in place by a loop over {@code x} and it. */
    private void change(Array target, Array x, Loop loop) {
        CpuArray t = cpu(target);
        CpuArray other = memory.as(t, x);
        float[] a = other.data();
        float[] b = t.data();
        overAll(t.length(), (from, to) -> loop.run(a, b, from, to));
        t.storage().changed();
        other.release();
    }

    /** {@code x} itself, or a row-major copy if its missing channels would not stay zero. */
    private CpuArray flat(Array array, boolean keepsZero) {
        CpuArray x = cpu(array);
        if (keepsZero || !x.isPadded()) {
            x.storage().retain();
            return x;
        }
        return memory.asRowMajor(x);
    }

    @Override
    public Array unary(UnaryOp op, Array array) {
        return map(flat(array, keepsZero(op)), (x, y, from, to) -> apply(op, x, y, from, to));
    }

    private static boolean keepsZero(UnaryOp op) {
        return switch (op) {
            case RELU, TANH, ABS, SQUARE, SQRT -> true;
            case SIGMOID, EXP, LOG -> false;
        };
    }

    private static void apply(UnaryOp op, float[] x, float[] y, int from, int to) {
        switch (op) {
            case RELU -> {
                for (int i = from; i < to; i++) {
                    y[i] = Math.max(x[i], 0f);
                }
            }
            case SIGMOID -> {
                for (int i = from; i < to; i++) {
                    y[i] = (float) (1 / (1 + Math.exp(-x[i])));
                }
            }
            case TANH -> {
                for (int i = from; i < to; i++) {
                    y[i] = (float) Math.tanh(x[i]);
                }
            }
            case EXP -> {
                for (int i = from; i < to; i++) {
                    y[i] = (float) Math.exp(x[i]);
                }
            }
            case LOG -> {
                for (int i = from; i < to; i++) {
                    y[i] = (float) Math.log(x[i]);
                }
            }
            case ABS -> {
                for (int i = from; i < to; i++) {
                    y[i] = Math.abs(x[i]);
                }
            }
            case SQUARE -> {
                for (int i = from; i < to; i++) {
                    y[i] = x[i] * x[i];
                }
            }
            case SQRT -> {
                for (int i = from; i < to; i++) {
                    y[i] = (float) Math.sqrt(x[i]);
                }
            }
        }
    }

    @Override
    public Array unaryGradient(UnaryOp op, Array gradient, Array input, Array output) {
        Array argument = op.gradientNeedsInput() ? input : output;
        // 1/x and 1/(2√x) are not finite at the zeros of missing channels.
        CpuArray v = flat(argument, op != UnaryOp.LOG && op != UnaryOp.SQRT);
        CpuArray gy = memory.as(v, gradient);
        CpuArray gx = memory.like(v);
        float[] a = v.data();
        float[] g = gy.data();
        float[] out = gx.data();
        overAll(v.length(), (from, to) -> applyGradient(op, g, a, out, from, to));
        v.release();
        gy.release();
        return gx;
    }

    /** @param v the function's input or output, see {@link UnaryOp#gradientNeedsInput} */
    private void applyGradient(UnaryOp op, float[] g, float[] v, float[] out, int from, int to) {
        switch (op) {
            case RELU -> current.get().reluGradient(g, v, out, from, to);
            case SIGMOID -> {
                for (int i = from; i < to; i++) {
                    out[i] = g[i] * v[i] * (1 - v[i]);
                }
            }
            case TANH -> {
                for (int i = from; i < to; i++) {
                    out[i] = g[i] * (1 - v[i] * v[i]);
                }
            }
            case EXP -> {
                for (int i = from; i < to; i++) {
                    out[i] = g[i] * v[i];
                }
            }
            case LOG -> {
                for (int i = from; i < to; i++) {
                    out[i] = g[i] / v[i];
                }
            }
            case ABS -> {
                for (int i = from; i < to; i++) {
                    out[i] = v[i] > 0 ? g[i] : v[i] < 0 ? -g[i] : 0;
                }
            }
            case SQUARE -> {
                for (int i = from; i < to; i++) {
                    out[i] = 2 * g[i] * v[i];
                }
            }
            case SQRT -> {
                for (int i = from; i < to; i++) {
                    out[i] = g[i] / (2 * v[i]);
                }
            }
        }
    }

    @Override
    public Array binary(BinaryOp op, Array left, Array right) {
        boolean isSameShape = left.shape().equals(right.shape());
        CpuArray a = isSameShape ? flat(left, op != BinaryOp.DIV) : memory.asRowMajor(left);
        CpuArray b = isSameShape ? memory.as(a, right) : memory.asRowMajor(right);
        Shape shape = Shape.broadcast(left.shape(), right.shape());
        CpuArray y = isSameShape ? memory.like(a) : memory.rowMajor(shape);
        float[] u = a.data();
        float[] v = b.data();
        float[] out = y.data();
        if (isSameShape) {
            overAll(a.length(), (from, to) -> apply(op, u, v, out, from, to));
        } else {
            Strides.forEach(shape.toArray(), Strides.broadcast(a.shape(), shape), Strides.broadcast(b.shape(), shape),
                    (i, j, k) -> out[i] = apply(op, u[j], v[k]));
        }
        a.release();
        b.release();
        return y;
    }

    private static float apply(BinaryOp op, float a, float b) {
        return switch (op) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> a / b;
        };
    }

    private static void apply(BinaryOp op, float[] a, float[] b, float[] y, int from, int to) {
        switch (op) {
            case ADD -> {
                for (int i = from; i < to; i++) {
                    y[i] = a[i] + b[i];
                }
            }
            case SUB -> {
                for (int i = from; i < to; i++) {
                    y[i] = a[i] - b[i];
                }
            }
            case MUL -> {
                for (int i = from; i < to; i++) {
                    y[i] = a[i] * b[i];
                }
            }
            case DIV -> {
                for (int i = from; i < to; i++) {
                    y[i] = a[i] / b[i];
                }
            }
        }
    }

    @Override
    public Array affine(Array array, double alpha, double beta) {
        float scale = (float) alpha;
        float shift = (float) beta;
        return map(flat(array, beta == 0), (x, y, from, to) -> {
            for (int i = from; i < to; i++) {
                y[i] = x[i] * scale + shift;
            }
        });
    }

    @Override
    public Array clamp(Array array, double low, double high) {
        float least = (float) low;
        float most = (float) high;
        return map(flat(array, low <= 0 && high >= 0), (x, y, from, to) -> {
            for (int i = from; i < to; i++) {
                y[i] = Math.min(Math.max(x[i], least), most);
            }
        });
    }

    @Override
    public Array dropout(Array array, double p, long seed) {
        float scale = (float) (1 / (1 - p));
        return map(memory.asRowMajor(array), (x, y, from, to) -> {
            for (int i = from; i < to; i++) {
                y[i] = SplitMix64.fraction(seed + i) >= p ? x[i] * scale : 0;
            }
        });
    }

    @Override
    public void add(Array target, Array array) {
        change(target, array, (x, sum, from, to) -> {
            for (int i = from; i < to; i++) {
                sum[i] += x[i];
            }
        });
    }

    @Override
    public void lerp(Array target, Array array, double weight) {
        float share = (float) weight;
        change(target, array, (x, y, from, to) -> {
            for (int i = from; i < to; i++) {
                y[i] += share * (x[i] - y[i]);
            }
        });
    }
}
