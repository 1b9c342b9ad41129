package thaw.kernels.cpu;

import static thaw.kernels.cpu.Memory.cpu;

import thaw.kernels.Array;
import thaw.kernels.Backend.ChannelAffine;
import thaw.kernels.Backend.NormGradients;
import thaw.kernels.Backend.Normalized;
import thaw.kernels.Epilogue;
import thaw.kernels.Shape;
import thaw.kernels.Shapes;
import thaw.kernels.UnaryOp;

/**
 * Batch normalisation. The unit of work is one channel block of one image, which fits into a core's cache: its sums are
 * formed there in float, in two passes for the variance, and joined over the batch in double precision by the formula of
 * Chan, Golub and LeVeque (1983): {@code M₂ = Σ M₂ᵢ + Σ mᵢ·(meanᵢ − mean)²}. Both passes over the whole batch, statistics and
 * result, are then a read of memory each.
 */
final class BatchNorm {

    private final Memory memory;
    private final Workers workers;
    private final LaneLoops vectors;
    private final LaneLoops plain = new PlainLaneLoops();
    private final Elementwise elementwise;
    private final EpiloguePass epilogue;

    BatchNorm(Memory memory, Workers workers, LaneLoops vectors, Elementwise elementwise) {
        this.elementwise = elementwise;
        this.epilogue = new EpiloguePass(memory, workers);
        this.memory = memory;
        this.workers = workers;
        this.vectors = vectors;
    }

    /** An input seen as {@code images × blocks} units of {@code pixels} pixels with {@code lanes} channels each. */
    private record Units(CpuArray x, LaneLoops loops, int images, int channels, int blocks, int pixels) {

        int count() {
            return images * blocks;
        }

        /** Floats of one unit. */
        int size() {
            return pixels * loops.lanes();
        }

        /** Floats for one number a channel, missing ones included. */
        int padded() {
            return blocks * loops.lanes();
        }

        int block(int unit) {
            return unit % blocks * loops.lanes();
        }

        long valuesPerChannel() {
            return (long) images * pixels;
        }
    }

    /** The caller releases {@link Units#x}. */
    private Units units(Array array) {
        Shape s = array.shape();
        int channels = s.dim(1);
        if (s.rank() == 4) {
            CpuArray x = memory.asBlocked(array);
            return new Units(x, vectors, s.dim(0), channels, x.channelBlocks(), s.dim(2) * s.dim(3));
        }
        // A row of [N, C] is one pixel, and lies as its channel blocks do where C is a multiple of the width.
        LaneLoops loops = channels % vectors.lanes() == 0 ? vectors : plain;
        return new Units(memory.asRowMajor(array), loops, s.dim(0), channels, channels / loops.lanes(), 1);
    }

    Normalized train(Array array, Array weight, Array bias, Array runningMean, Array runningVar, double momentum, double eps,
            Array residual, boolean relu) {
        Shapes.batchNormTrain(array, weight, bias, runningMean, runningVar, residual);
        Units u = units(array);
        int lanes = u.loops.lanes();
        float[] x = u.x.data();
        float[] sums = memory.pool().take(u.images * u.padded());
        float[] squares = memory.pool().take(u.images * u.padded());
        workers.run(u.count(), unit -> {
            int o = unit * lanes;
            u.loops.sum(x, unit * u.size(), u.pixels, sums, o);
            for (int l = o; l < o + lanes; l++) {
                sums[l] /= u.pixels;
            }
            u.loops.sumOfSquaredDifferences(x, unit * u.size(), u.pixels, sums, o, squares, o);
        });

        CpuArray mean = memory.rowMajor(Shape.of(u.channels));
        CpuArray invStd = memory.rowMajor(Shape.of(u.channels));
        float[] scale = memory.padded(weight, u.padded());
        double m = u.valuesPerChannel();
        for (int c = 0; c < u.channels; c++) {
            double total = 0;
            for (int n = 0; n < u.images; n++) {
                total += sums[n * u.padded() + c];
            }
            double mu = total / u.images;
            double m2 = 0;
            for (int n = 0; n < u.images; n++) {
                double d = sums[n * u.padded() + c] - mu;
                m2 += squares[n * u.padded() + c] + u.pixels * d * d;
            }
            double inv = 1 / Math.sqrt(m2 / m + eps);
            mean.data()[c] = (float) mu;
            invStd.data()[c] = (float) inv;
            scale[c] *= (float) inv;
            if (runningMean != null) {
                float[] rm = cpu(runningMean).data();
                float[] rv = cpu(runningVar).data();
                rm[c] = (float) ((1 - momentum) * rm[c] + momentum * mu);
                rv[c] = (float) ((1 - momentum) * rv[c] + momentum * m2 / (m - 1));
            }
        }
        if (runningMean != null) {
            runningMean.storage().changed();
            runningVar.storage().changed();
        }
        CpuArray y = normalize(u, mean, scale, bias);
        epilogue.apply(y, new Epilogue(null, null, residual, relu));
        memory.pool().give(sums);
        memory.pool().give(squares);
        memory.pool().give(scale);
        u.x.release();
        return new Normalized(y, mean, invStd);
    }

    /** {@code y = (x − mean)·scale + bias} */
    private CpuArray normalize(Units u, Array mean, float[] scale, Array bias) {
        float[] mu = memory.padded(mean, u.padded());
        float[] shift = memory.padded(bias, u.padded());
        CpuArray y = scaled(u, u.x, mu, scale, shift);
        memory.pool().give(mu);
        memory.pool().give(shift);
        return y;
    }

    private CpuArray scaled(Units u, CpuArray x, float[] mean, float[] scale, float[] shift) {
        CpuArray y = memory.like(x);
        float[] from = x.data();
        float[] to = y.data();
        workers.run(u.count(), unit -> u.loops.normalize(from, unit * u.size(), u.pixels, mean, scale, shift, u.block(unit),
                to, unit * u.size()));
        return y;
    }

    Array eval(Array array, Array weight, Array bias, Array mean, Array var, double eps) {
        Shapes.batchNorm(array, weight, bias, mean, var);
        Units u = units(array);
        float[] scale = memory.padded(weight, u.padded());
        float[] v = cpu(var).data();
        for (int c = 0; c < u.channels; c++) {
            scale[c] /= (float) Math.sqrt(v[c] + eps);
        }
        CpuArray y = normalize(u, mean, scale, bias);
        memory.pool().give(scale);
        u.x.release();
        return y;
    }

    ChannelAffine affine(Array weight, Array bias, Array mean, Array var, double eps) {
        Shape shape = Shapes.perChannel(weight, bias, mean, var);
        CpuArray scale = memory.rowMajor(shape);
        CpuArray shift = memory.rowMajor(shape);
        for (int c = 0; c < shape.size(); c++) {
            double factor = cpu(weight).data()[c] / Math.sqrt(cpu(var).data()[c] + eps);
            scale.data()[c] = (float) factor;
            shift.data()[c] = (float) (cpu(bias).data()[c] - cpu(mean).data()[c] * factor);
        }
        return new ChannelAffine(scale, shift);
    }

    NormGradients trainGradient(Array gradient, Array array, Array output, Array weight, Array mean, Array invStd,
            boolean needInput, boolean needResidual) {
        Shapes.batchNormTrainGradient(gradient, array, output, weight, mean, invStd);
        Units u = units(array);
        Array g = output == null ? gradient.retain() : elementwise.unaryGradient(UnaryOp.RELU, gradient, null, output);
        CpuArray gy = memory.as(u.x, g);
        CpuArray gWeight = memory.rowMajor(Shape.of(u.channels));
        CpuArray gBias = memory.rowMajor(Shape.of(u.channels));
        float[] mu = memory.padded(mean, u.padded());
        float[] inv = cpu(invStd).data();
        parameterGradients(u, gy, mu, inv, gWeight.data(), gBias.data());

        CpuArray gx = null;
        if (needInput) {
            // gx = w·inv·(gy − gBias/M − (x − mean)·inv·gWeight/M), sorted by gy and x − mean.
            float[] a = memory.padded(weight, u.padded());
            float[] b = memory.padded(weight, u.padded());
            float[] c = memory.padded(weight, u.padded());
            double m = u.valuesPerChannel();
            for (int i = 0; i < u.channels; i++) {
                double wInv = (double) a[i] * inv[i];
                double slope = wInv * inv[i] * gWeight.data()[i] / m;
                c[i] = (float) (-wInv * gBias.data()[i] / m);
                b[i] = (float) -slope;
                a[i] = (float) wInv;
            }
            gx = memory.like(u.x);
            float[] x = u.x.data();
            float[] from = gy.data();
            float[] out = gx.data();
            workers.run(u.count(), unit -> {
                int o = unit * u.size();
                u.loops.combine(from, o, x, o, u.pixels, mu, a, b, c, u.block(unit), out, o);
            });
            memory.pool().give(a);
            memory.pool().give(b);
            memory.pool().give(c);
        }
        memory.pool().give(mu);
        gy.release();
        u.x.release();
        if (!needResidual) {
            g.release();
        }
        return new NormGradients(gx, gWeight, gBias, needResidual ? g : null);
    }

    /** {@code gBias = Σ gy}, {@code gWeight = Σ gy·(x − mean)·inv} */
    private void parameterGradients(Units u, CpuArray gy, float[] mean, float[] inv, float[] gWeight, float[] gBias) {
        int lanes = u.loops.lanes();
        float[] sums = memory.pool().take(u.images * u.padded());
        float[] products = memory.pool().take(u.images * u.padded());
        float[] x = u.x.data();
        float[] g = gy.data();
        workers.run(u.count(), unit -> {
            int o = unit * u.size();
            u.loops.sumWithProduct(g, o, x, o, u.pixels, mean, u.block(unit), sums, products, unit * lanes);
        });
        for (int c = 0; c < u.channels; c++) {
            double sum = 0;
            double product = 0;
            for (int n = 0; n < u.images; n++) {
                sum += sums[n * u.padded() + c];
                product += products[n * u.padded() + c];
            }
            gBias[c] = (float) sum;
            gWeight[c] = (float) (product * inv[c]);
        }
        memory.pool().give(sums);
        memory.pool().give(products);
    }

    NormGradients evalGradient(Array gradient, Array array, Array weight, Array mean, Array var, double eps,
            boolean needInput, boolean needParameters) {
        Shapes.same("batchNormEvalGradient", gradient.shape(), Shapes.batchNorm(array, weight, mean, var));
        Units u = units(array);
        CpuArray gy = memory.as(u.x, gradient);
        float[] inv = memory.padded(var, u.padded());
        for (int c = 0; c < u.channels; c++) {
            inv[c] = (float) (1 / Math.sqrt(inv[c] + eps));
        }
        CpuArray gWeight = null;
        CpuArray gBias = null;
        if (needParameters) {
            gWeight = memory.rowMajor(Shape.of(u.channels));
            gBias = memory.rowMajor(Shape.of(u.channels));
            float[] mu = memory.padded(mean, u.padded());
            parameterGradients(u, gy, mu, inv, gWeight.data(), gBias.data());
            memory.pool().give(mu);
        }
        CpuArray gx = null;
        if (needInput) {
            float[] scale = memory.padded(weight, u.padded());
            float[] none = memory.pool().take(u.padded());
            for (int c = 0; c < u.padded(); c++) {
                scale[c] *= inv[c];
                none[c] = 0;
            }
            gx = scaled(u, gy, none, scale, none);
            memory.pool().give(scale);
            memory.pool().give(none);
        }
        memory.pool().give(inv);
        gy.release();
        u.x.release();
        return new NormGradients(gx, gWeight, gBias, null);
    }
}
