package thaw.kernels.opencl;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import thaw.kernels.Array;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.ConvolutionOps;
import thaw.kernels.Epilogue;
import thaw.kernels.Shape;

/**
 * Convolution and its gradients: by {@link Winograd} where that is faster, otherwise as products of matrices
 * ({@link Correlation}); with groups, whose matrices would be small, directly ({@code conv2d.cl}).
 */
final class OpenClConvolution implements ConvolutionOps {

    /** Shapes whose gradients are prepared; a network has some tens. */
    private static final int MOST_PREPARED = 256;
    private static final int USUAL_BATCH = 16;
    /** Images need no gradient. */
    private static final int IMAGE_CHANNELS = 3;

    private final Memory memory;
    private final Programs programs;
    private final Gemm gemm;
    private final Winograd winograd;
    private final Set<Correlation> prepared = ConcurrentHashMap.newKeySet();

    OpenClConvolution(Memory memory, Programs programs, Gemm gemm, Winograd winograd) {
        this.memory = memory;
        this.programs = programs;
        this.gemm = gemm;
        this.winograd = winograd;
    }

    @Override
    public OpenClArray conv2d(Array input, Array weight, Epilogue e, Conv2dOptions options) {
        OpenClArray x = memory.mine(input);
        OpenClArray w = memory.mine(weight);
        Shape shape = options.outputShape(x.shape(), w.shape());
        Gemm.Store store = new Gemm.Store(memory.mineOrNull(e.scale()), memory.mineOrNull(e.shift()),
                memory.mineOrNull(e.residual()), null, e.relu(), e.equals(Epilogue.NONE));
        if (store.statistics()) {
            prepareGradients(new Correlation(x.shape(), w.shape(), shape, options));
        }
        return memory.result(shape, y -> {
            if (options.groups() > 1) {
                Launch launch = programs.launch(grouped("conv2d", options)).array(x).array(w).array(store.scale())
                        .array(store.shift()).array(store.residual()).ints(store.relu() ? 1 : 0).array(y);
                geometry(launch, x.shape(), w.shape(), y.shape(), options).over(y.size());
            } else if (winograd.suits(x.shape(), w.shape(), shape, options)) {
                winograd.forward(x, w, y, options, store);
            } else {
                gemm.run("conv2d", new Correlation(x.shape(), w.shape(), shape, options).forward(), w, x, y, store);
            }
        });
    }

    /** Lets other threads compile what the convolutions of a residual network on images of 224 × 224 pixels need. */
    void prepareUsual(boolean training) {
        int images = training ? USUAL_BATCH : 1;
        List<Correlation> layers = new ArrayList<>(List.of(usual(images, IMAGE_CHANNELS, 224, 64, 7, 2)));
        for (int side = 56, channels = 64; side >= 7; side /= 2, channels *= 2) {
            layers.add(usual(images, channels, side, channels, 3, 1));
            layers.add(usual(images, channels, side, 4 * channels, 1, 1));
            layers.add(usual(images, 4 * channels, side, channels, 1, 1));
            if (side < 56) {
                layers.add(usual(images, channels, 2 * side, channels, 3, 2));
                layers.add(usual(images, 2 * channels, 2 * side, 4 * channels, 1, 2));
            }
        }
        for (Correlation c : layers) {
            if (winograd.suits(c.x(), c.w(), c.y(), c.options())) {
                winograd.prepareForward(c.x(), c.y());
            } else {
                gemm.prepare(c.forward(), training ? Gemm.Store.STATISTICS : Gemm.Store.PLAIN);
            }
        }
        if (training) {
            layers.forEach(this::prepareGradients);
        }
    }

    private static Correlation usual(int images, int channels, int side, int outputs, int filter, int stride) {
        Conv2dOptions options = Conv2dOptions.of(stride, filter / 2);
        Shape x = Shape.of(images, channels, side, side);
        Shape w = Shape.of(outputs, channels, filter, filter);
        return new Correlation(x, w, options.outputShape(x, w), options);
    }

    /**
     * A convolution without epilogue is probably one of a training step, before a batch norm: a network that predicts has its
     * batch norms in epilogues. While the step goes forward, other threads compile what it needs on its way back.
     */
    private void prepareGradients(Correlation c) {
        if (c.options().groups() > 1 || prepared.size() >= MOST_PREPARED || !prepared.add(c)) {
            return;
        }
        programs.prepareTraining();
        if (winograd.suits(c.x(), c.w(), c.y(), c.options())) {
            winograd.prepareGradients(c.x(), c.y());
        } else {
            gemm.prepare(c.weightGradient(), Gemm.Store.PLAIN);
            if (c.x().dim(1) > IMAGE_CHANNELS) {
                c.inputGradient().stream().filter(phase -> phase.depth() > 0)
                        .forEach(phase -> gemm.prepare(phase, Gemm.Store.PLAIN));
            }
        }
    }

    @Override
    public OpenClArray conv2dInputGradient(Array gradient, Array weight, Shape xShape, Conv2dOptions options) {
        OpenClArray gy = memory.mine(gradient);
        OpenClArray w = memory.mine(weight);
        return memory.result(xShape, gx -> {
            if (options.groups() > 1) {
                Launch launch = programs.launch(grouped("conv2d_input_gradient", options)).array(gy).array(w).array(gx);
                geometry(launch, xShape, w.shape(), gy.shape(), options).over(gx.size());
            } else {
                inputGradient(gy, w, gx, options, Gemm.Store.PLAIN);
            }
        });
    }

    /** {@code gx += } the gradient of a convolution of one group: the sums' epilogue adds what is there as a residual. */
    void addInputGradient(Array target, Array gradient, Array weight, Conv2dOptions options) {
        OpenClArray gx = memory.mine(target);
        OpenClArray gy = memory.mine(gradient);
        OpenClArray w = memory.mine(weight);
        // With strides, products leave some of gx as it is.
        if (gx.storage().pending() != null && options.strideH() * options.strideW() == 1) {
            try (MaskedGradient masked = gx.storage().replace()) {
                inputGradient(gy, w, gx, options, Gemm.Store.adding(masked));
            }
        } else {
            inputGradient(gy, w, gx, options, Gemm.Store.adding(gx));
        }
        gx.storage().changed();
    }

    private void inputGradient(OpenClArray gy, OpenClArray w, OpenClArray gx, Conv2dOptions options, Gemm.Store store) {
        if (winograd.suits(gx.shape(), w.shape(), gy.shape(), options)) {
            winograd.inputGradient(gy, w, gx, options, store);
            return;
        }
        List<GemmProblem> phases = new Correlation(gx.shape(), w.shape(), gy.shape(), options).inputGradient();
        // Pixels that no tap meets, as most are by 1×1 filters of stride 2, have the gradient 0.
        if (store.residual() == null && phases.stream().anyMatch(phase -> phase.depth() == 0)) {
            memory.fill(gx, 0);
        }
        phases.stream().filter(phase -> phase.depth() > 0)
                .forEach(phase -> gemm.run("conv2d_input_gradient", phase, w, gy, gx, store));
    }

    @Override
    public OpenClArray conv2dWeightGradient(Array gradient, Array input, Shape wShape, Conv2dOptions options) {
        OpenClArray gy = memory.mine(gradient);
        OpenClArray x = memory.mine(input);
        return memory.result(wShape, gw -> {
            if (options.groups() > 1) {
                groupedWeightGradient(gy, x, gw, options);
            } else if (winograd.suits(x.shape(), wShape, gy.shape(), options)) {
                winograd.weightGradient(gy, x, gw, options);
            } else {
                gemm.run("conv2d_weight_gradient", new Correlation(x.shape(), wShape, gy.shape(), options).weightGradient(), gy, x,
                        gw, Gemm.Store.PLAIN);
            }
        });
    }

    private void groupedWeightGradient(OpenClArray gy, OpenClArray x, OpenClArray gw, Conv2dOptions options) {
        boolean solo = gemm.tuning().tiles().get(ProductShape.DEEP).solo();
        CompiledKernel kernel = grouped("conv2d_weight_gradient" + (solo ? "_solo" : ""), options);
        Launch launch = programs.launch(kernel).array(gy).array(x).array(gw);
        geometry(launch, x.shape(), gw.shape(), gy.shape(), options);
        if (solo) {
            launch.over(gw.size());
        } else {
            int group = kernel.groupSize(Launch.GROUP);
            launch.local(group).groups(gw.size(), group);
        }
    }

    /** A kernel of {@code conv2d.cl}. */
    private CompiledKernel grouped(String name, Conv2dOptions o) {
        return programs.kernel("conv2d.cl", name, Map.of("STRIDE_H", o.strideH(), "STRIDE_W", o.strideW()));
    }

    /** Adds the kernels' argument {@code Geometry}, a struct of {@code conv2d.cl}. */
    private static Launch geometry(Launch launch, Shape x, Shape w, Shape y, Conv2dOptions o) {
        return launch.work(2.0 * y.size() * w.dim(1) * w.dim(2) * w.dim(3), 4.0 * ((double) x.size() + w.size() + y.size()))
                .ints(x.dim(0), x.dim(1), x.dim(2), x.dim(3), y.dim(1), y.dim(2), y.dim(3), w.dim(2), w.dim(3),
                        o.paddingH(), o.paddingW(), o.dilationH(), o.dilationW(), o.groups());
    }
}
