package thaw.kernels.opencl;

import thaw.kernels.Array;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Epilogue;
import thaw.kernels.Shape;
import thaw.kernels.Shapes;

/** Convolution and its gradients; see {@code conv2d.cl}. */
final class OpenClConvolution {

    private final Memory memory;
    private final Programs programs;

    OpenClConvolution(Memory memory, Programs programs) {
        this.memory = memory;
        this.programs = programs;
    }

    OpenClArray conv2d(Array input, Array weight, Epilogue e, Conv2dOptions options) {
        OpenClArray x = memory.mine(input);
        OpenClArray w = memory.mine(weight);
        Shape shape = Shapes.conv2d(x.shape(), w.shape(), null, options);
        Shapes.epilogue(shape, e);
        OpenClArray scale = memory.mineOrNull(e.scale());
        OpenClArray shift = memory.mineOrNull(e.shift());
        OpenClArray residual = memory.mineOrNull(e.residual());
        return memory.result(shape, y -> {
            Launch launch = programs.launch("conv2d.cl", "conv2d").array(x).array(w).array(scale).array(shift).array(residual)
                    .ints(e.relu() ? 1 : 0).array(y);
            geometry(launch, x.shape(), w.shape(), y.shape(), options).over(y.size());
        });
    }

    OpenClArray inputGradient(Array gradient, Array weight, Shape xShape, Conv2dOptions options) {
        OpenClArray gy = memory.mine(gradient);
        OpenClArray w = memory.mine(weight);
        return memory.result(Shapes.conv2dInputGradient(gy.shape(), w.shape(), xShape, options), gx -> {
            Launch launch = programs.launch("conv2d.cl", "conv2d_input_gradient").array(gy).array(w).array(gx);
            geometry(launch, xShape, w.shape(), gy.shape(), options).over(gx.size());
        });
    }

    OpenClArray weightGradient(Array gradient, Array input, Shape wShape, Conv2dOptions options) {
        OpenClArray gy = memory.mine(gradient);
        OpenClArray x = memory.mine(input);
        return memory.result(Shapes.conv2dWeightGradient(gy.shape(), x.shape(), wShape, options), gw -> {
            Launch launch = programs.launch("conv2d.cl", "conv2d_weight_gradient").array(gy).array(x).array(gw);
            geometry(launch, x.shape(), wShape, gy.shape(), options).over(gw.size());
        });
    }

    /** The kernels' last argument: the struct {@code Geometry} of {@code conv2d.cl}. */
    private static Launch geometry(Launch launch, Shape x, Shape w, Shape y, Conv2dOptions o) {
        return launch.work(2.0 * y.size() * w.dim(1) * w.dim(2) * w.dim(3), 4.0 * ((double) x.size() + w.size() + y.size()))
                .ints(x.dim(0), x.dim(1), x.dim(2), x.dim(3), y.dim(1), y.dim(2), y.dim(3), w.dim(2), w.dim(3),
                        o.strideH(), o.strideW(), o.paddingH(), o.paddingW(), o.dilationH(), o.dilationW(), o.groups());
    }
}
