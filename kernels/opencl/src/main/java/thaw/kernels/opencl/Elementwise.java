package thaw.kernels.opencl;

import java.util.Locale;
import java.util.Map;
import thaw.kernels.Array;
import thaw.kernels.BinaryOp;
import thaw.kernels.ElementwiseOps;
import thaw.kernels.Shape;
import thaw.kernels.UnaryOp;

/** Element-wise functions; see {@code elementwise.cl} and {@code dropout.cl}. */
final class Elementwise implements ElementwiseOps {

    private static final String FILE = "elementwise.cl";

    private final Memory memory;
    private final Programs programs;

    Elementwise(Memory memory, Programs programs) {
        this.memory = memory;
        this.programs = programs;
        programs.isOfTraining(FILE, Map.of());
    }

    @Override
    public OpenClArray unary(UnaryOp op, Array input) {
        OpenClArray x = memory.mine(input);
        return memory.result(x.shape(), y -> each("unary_" + name(op), x.size(), 2).array(x).array(y).ints(x.size())
                .over(x.size()));
    }

    @Override
    public OpenClArray unaryGradient(UnaryOp op, Array gradient, Array x, Array y) {
        OpenClArray gy = memory.mine(gradient);
        OpenClArray v = memory.mine(op.gradientNeedsInput() ? x : y);
        return memory.result(gy.shape(), gx -> each("gradient_" + name(op), gx.size(), 3).array(gy).array(v).array(gx)
                .ints(gx.size()).over(gx.size()));
    }

    @Override
    public OpenClArray binary(BinaryOp op, Array left, Array right) {
        OpenClArray a = memory.mine(left);
        OpenClArray b = memory.mine(right);
        Shape shape = Shape.broadcast(a.shape(), b.shape());
        return memory.result(shape, y -> {
            boolean same = a.shape().equals(b.shape());
            Launch launch = each((same ? "same_" : "broadcast_") + name(op), y.size(), 3).array(a).array(b).array(y)
                    .ints(y.size());
            if (!same) {
                launch.ints(Walk.of(shape.toArray(), Walk.broadcastStrides(a.shape(), shape),
                        Walk.broadcastStrides(b.shape(), shape)).toInts());
            }
            launch.over(y.size());
        });
    }

    @Override
    public OpenClArray affine(Array input, double alpha, double beta) {
        OpenClArray x = memory.mine(input);
        return memory.result(x.shape(), y -> each("affine", x.size(), 2).array(x).floats(alpha).floats(beta).array(y)
                .ints(x.size()).over(x.size()));
    }

    @Override
    public OpenClArray clamp(Array input, double low, double high) {
        OpenClArray x = memory.mine(input);
        return memory.result(x.shape(), y -> each("clamp_between", x.size(), 2).array(x).floats(low).floats(high).array(y)
                .ints(x.size()).over(x.size()));
    }

    @Override
    public OpenClArray dropout(Array input, double p, long seed) {
        OpenClArray x = memory.mine(input);
        int threshold = (int) Math.ceil(Math.scalb(p, 24));
        return memory.result(x.shape(), y -> programs.launch("dropout.cl", "dropout").array(x).bits(seed)
                .ints(threshold).floats(p == 1 ? 0 : 1 / (1 - p)).array(y).ints(x.size()).work(x.size(), 8.0 * x.size())
                .over(x.size()));
    }

    // ---- in place -----------------------------------------------------------------------------------------------

    @Override
    public void add(Array targetArray, Array other) {
        OpenClArray target = memory.mine(targetArray);
        OpenClArray x = memory.mine(other);
        each("add", x.size(), 3).array(target).array(x).ints(x.size()).over(x.size());
        target.storage().changed();
    }

    @Override
    public void lerp(Array targetArray, Array other, double weight) {
        OpenClArray target = memory.mine(targetArray);
        OpenClArray x = memory.mine(other);
        each("lerp", x.size(), 3).array(target).array(x).floats(weight).ints(x.size()).over(x.size());
        target.storage().changed();
    }

    /** @param arrays the number of arrays of this length that the kernel reads and writes */
    private Launch each(String kernel, int length, int arrays) {
        return programs.launch(FILE, kernel).work(length, 4.0 * arrays * length);
    }

    private static String name(Enum<?> op) {
        return op.name().toLowerCase(Locale.ROOT);
    }
}
