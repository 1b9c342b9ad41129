package thaw.kernels.cpu.norm;

import static thaw.kernels.cpu.memory.Memory.cpu;

import java.util.Arrays;
import java.util.function.Supplier;
import thaw.kernels.Array;
import thaw.kernels.NormOps;
import thaw.kernels.Shape;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;
import thaw.kernels.cpu.parallel.Workers;

/**
 * Batch normalisation. The unit of work is one channel block of one image, which fits into a core's cache. Its sums are
 * accumulated there in float, in two passes for the variance, and combined over the batch in double precision by the
 * formula of Chan, Golub and LeVeque (1983): {@code M₂ = Σ M₂ᵢ + Σ mᵢ·(meanᵢ − mean)²}.
 *
 * <p>The operator is bound by memory bandwidth. Both directions pass twice over a channel, once for the sums and once for
 * the result. If there are enough channel blocks for the threads, one thread takes a block through both passes, so that
 * the second pass finds in the cache whatever still fits of the first. The residual sum and the ReLU belong to the second
 * pass forward, and to the first pass backward. Streams of the size of an activation, read + written, without and with a
 * cache for the second pass:
 * <pre>
 *                           forward            backward
 * norm                      2 + 1 → 1 + 1      4 + 1 → 2 + 1
 * norm, ReLU                2 + 1 → 1 + 1      5 + 2 → 3 + 1
 * norm, residual, ReLU      3 + 1 → 2 + 1      5 + 2 → 3 + 2
 * </pre>
 */
public final class BatchNorm implements NormOps {

    private final Memory memory;
    private final Workers workers;
    private final Supplier<LaneLoops> current;
    /** For rows of channels that are not a multiple of a vector. */
    private final LaneLoops single = new ScalarLaneLoops(1);

    public BatchNorm(Memory memory, Workers workers, Supplier<LaneLoops> current) {
        this.memory = memory;
        this.workers = workers;
        this.current = current;
    }

    /** An input divided into {@code images × blocks} units of {@code pixels} pixels with {@code lanes} channels each. */
    private record Units(CpuArray x, LaneLoops loops, int images, int channels, int blocks, int pixels) {

        int count() {
            return images * blocks;
        }

        /** The number of floats in one unit. */
        int size() {
            return pixels * loops.lanes();
        }

        /** The number of floats for one value per channel, missing channels of the last block included. */
        int padded() {
            return blocks * loops.lanes();
        }

        int block(int unit) {
            return unit % blocks * loops.lanes();
        }

        /** The end (exclusive) of the block's existing channels. */
        int end(int block) {
            return Math.min(channels, (block + 1) * loops.lanes());
        }

        long valuesPerChannel() {
            return (long) images * pixels;
        }
    }

    /** The units of an array; the caller releases {@link Units#x}. */
    private Units units(Array array) {
        Shape s = array.shape();
        int channels = s.dim(1);
        LaneLoops loops = current.get();
        if (s.rank() == 4) {
            CpuArray x = memory.asBlocked(array);
            return new Units(x, loops, s.dim(0), channels, x.channelBlocks(), s.dim(2) * s.dim(3));
        }
        // A row of [N, C] is one pixel, and already in channel block order if C is a multiple of the vector width.
        if (channels % loops.lanes() != 0) {
            loops = single;
        }
        return new Units(memory.asRowMajor(array), loops, s.dim(0), channels, channels / loops.lanes(), 1);
    }

    private void give(float[]... numbers) {
        for (float[] array : numbers) {
            memory.pool().give(array);
        }
    }

    /**
     * Two passes over all units, with each channel block's sums combined in between. The second pass runs backwards,
     * starting with the data that the first one touched last.
     */
    private void inTwoPasses(Units u, Workers.Task first, Workers.Task join, Workers.Task second) {
        int threads = workers.threads();
        if (u.blocks % threads != 0 && u.blocks < 4 * threads) {
            workers.run(u.count(), first);
            workers.run(u.blocks, join);
            workers.run(u.count(), second);
            return;
        }
        workers.run(u.blocks, block -> {
            for (int unit = block; unit < u.count(); unit += u.blocks) {
                first.run(unit);
            }
            join.run(block);
            for (int unit = u.count() - u.blocks + block; unit >= 0; unit -= u.blocks) {
                second.run(unit);
            }
        });
    }

    // ---- forward -------------------------------------------------------------------------------------------------

    @Override
    public Normalized batchNormTrain(Array array, Array weight, Array bias, Array runningMean, Array runningVar,
            double momentum, double eps, Array residual, boolean relu) {
        Units u = units(array);
        CpuArray mean = memory.rowMajor(Shape.of(u.channels));
        CpuArray invStd = memory.rowMajor(Shape.of(u.channels));
        float[] sums = memory.pool().take(u.images * u.padded());
        float[] squares = memory.pool().take(u.images * u.padded());
        float[] mu = memory.pool().take(u.padded());
        Arrays.fill(mu, 0, u.padded(), 0);
        float[] scale = memory.padded(weight, u.padded());
        float[] shift = memory.padded(bias, u.padded());
        CpuArray added = residual == null ? null : memory.as(u.x, residual);
        CpuArray y = memory.like(u.x);
        inTwoPasses(u,
                unit -> statistics(u, unit, sums, squares),
                block -> {
                    for (int c = block * u.loops.lanes(); c < u.end(block); c++) {
                        double m = u.valuesPerChannel();
                        double average = total(u, sums, c) / u.images;
                        double m2 = squaredDifferences(u, sums, squares, average, c);
                        double inv = 1 / Math.sqrt(m2 / m + eps);
                        mu[c] = (float) average;
                        mean.data()[c] = (float) average;
                        invStd.data()[c] = (float) inv;
                        scale[c] *= (float) inv;
                        if (runningMean != null) {
                            follow(cpu(runningMean).data(), c, momentum, average);
                            follow(cpu(runningVar).data(), c, momentum, m2 / (m - 1));
                        }
                    }
                },
                unit -> normalize(u, u.x, unit, mu, scale, shift, added, relu, y));
        if (runningMean != null) {
            runningMean.storage().changed();
            runningVar.storage().changed();
        }
        if (added != null) {
            added.release();
        }
        give(sums, squares, mu, scale, shift);
        u.x.release();
        return new Normalized(y, mean, invStd);
    }

    /** A unit's means and sums of squared differences from them. */
    private static void statistics(Units u, int unit, float[] means, float[] squares) {
        float[] x = u.x.data();
        int o = unit * u.loops.lanes();
        u.loops.sum(x, unit * u.size(), u.pixels, means, o);
        for (int l = o; l < o + u.loops.lanes(); l++) {
            means[l] /= u.pixels;
        }
        u.loops.sumOfSquaredDifferences(x, unit * u.size(), u.pixels, means, o, squares, o);
    }

    private static double squaredDifferences(Units u, float[] means, float[] squares, double mean, int c) {
        double m2 = 0;
        for (int n = 0; n < u.images; n++) {
            double d = means[n * u.padded() + c] - mean;
            m2 += squares[n * u.padded() + c] + u.pixels * d * d;
        }
        return m2;
    }

    private static void follow(float[] running, int c, double momentum, double value) {
        running[c] = (float) ((1 - momentum) * running[c] + momentum * value);
    }

    /** {@code y = act((x − mean)·scale + shift + residual)} for one unit */
    private static void normalize(Units u, CpuArray x, int unit, float[] mean, float[] scale, float[] shift, CpuArray residual,
            boolean relu, CpuArray y) {
        float floor = relu ? 0 : Float.NEGATIVE_INFINITY;
        int at = unit * u.size();
        if (residual == null) {
            u.loops.normalize(x.data(), at, u.pixels, mean, scale, shift, u.block(unit), floor, y.data(), at);
        } else {
            u.loops.normalizeAndAdd(x.data(), at, u.pixels, mean, scale, shift, u.block(unit), residual.data(), floor,
                    y.data(), at);
        }
    }

    @Override
    public Array batchNormEval(Array array, Array weight, Array bias, Array mean, Array var, double eps) {
        Units u = units(array);
        float[] mu = memory.padded(mean, u.padded());
        float[] scale = memory.padded(weight, u.padded());
        float[] shift = memory.padded(bias, u.padded());
        float[] v = cpu(var).data();
        for (int c = 0; c < u.channels; c++) {
            scale[c] /= (float) Math.sqrt(v[c] + eps);
        }
        CpuArray y = memory.like(u.x);
        workers.run(u.count(), unit -> normalize(u, u.x, unit, mu, scale, shift, null, false, y));
        give(mu, scale, shift);
        u.x.release();
        return y;
    }

    @Override
    public ChannelAffine batchNormAffine(Array weight, Array bias, Array mean, Array var, double eps) {
        Shape shape = weight.shape();
        CpuArray scale = memory.rowMajor(shape);
        CpuArray shift = memory.rowMajor(shape);
        for (int c = 0; c < shape.size(); c++) {
            double factor = cpu(weight).data()[c] / Math.sqrt(cpu(var).data()[c] + eps);
            scale.data()[c] = (float) factor;
            shift.data()[c] = (float) (cpu(bias).data()[c] - cpu(mean).data()[c] * factor);
        }
        return new ChannelAffine(scale, shift);
    }

    // ---- backward ------------------------------------------------------------------------------------------------

    @Override
    public NormGradients batchNormTrainGradient(Array gradient, Array array, Array output, Array weight, Array mean, Array invStd,
            boolean needInput, boolean needResidual) {
        Units u = units(array);
        CpuArray gy = memory.as(u.x, gradient);
        CpuArray gx = needInput ? memory.like(u.x) : null;
        // After a ReLU the first pass writes the masked gradient: into its own array if it is the residual's gradient or
        // if there is no gx, otherwise into gx, which the second pass overwrites.
        CpuArray y = output == null ? null : memory.as(u.x, output);
        CpuArray g = y == null ? gy : needResidual || gx == null ? memory.like(u.x) : gx;
        CpuArray gWeight = memory.rowMajor(Shape.of(u.channels));
        CpuArray gBias = memory.rowMajor(Shape.of(u.channels));
        float[] sums = memory.pool().take(u.images * u.padded());
        float[] products = memory.pool().take(u.images * u.padded());
        float[] mu = memory.padded(mean, u.padded());
        // gx = w·inv·(g − gBias/M − (x − mean)·inv·gWeight/M), collected by g and x − mean.
        float[] a = memory.padded(weight, u.padded());
        float[] b = memory.padded(weight, u.padded());
        float[] c = memory.padded(weight, u.padded());
        inTwoPasses(u,
                unit -> {
                    int at = unit * u.size();
                    if (y != null) {
                        u.loops.reluGradient(gy.data(), y.data(), g.data(), at, at + u.size());
                    }
                    sums(u, g, unit, mu, sums, products);
                },
                block -> {
                    for (int i = block * u.loops.lanes(); i < u.end(block); i++) {
                        double inv = cpu(invStd).data()[i];
                        double m = u.valuesPerChannel();
                        double wInv = a[i] * inv;
                        double gW = total(u, products, i) * inv;
                        double gB = total(u, sums, i);
                        gWeight.data()[i] = (float) gW;
                        gBias.data()[i] = (float) gB;
                        a[i] = (float) wInv;
                        b[i] = (float) (-wInv * inv * gW / m);
                        c[i] = (float) (-wInv * gB / m);
                    }
                },
                unit -> {
                    if (gx != null) {
                        int at = unit * u.size();
                        u.loops.combine(g.data(), at, u.x.data(), at, u.pixels, mu, a, b, c, u.block(unit), gx.data(), at);
                    }
                });
        give(sums, products, mu, a, b, c);
        Array gResidual = !needResidual ? null : y == null ? gradient.retain() : g;
        gy.release();
        if (y != null) {
            y.release();
            if (g != gx && !needResidual) {
                g.release();
            }
        }
        u.x.release();
        return new NormGradients(gx, gWeight, gBias, gResidual);
    }

    /** A unit's {@code Σ g} and {@code Σ g·(x − mean)}. */
    private static void sums(Units u, CpuArray g, int unit, float[] mean, float[] sums, float[] products) {
        int at = unit * u.size();
        u.loops.sumWithProduct(g.data(), at, u.x.data(), at, u.pixels, mean, u.block(unit), sums, products,
                unit * u.loops.lanes());
    }

    /** The sum over the images of the units' numbers for a channel. */
    private static double total(Units u, float[] ofUnits, int c) {
        double total = 0;
        for (int n = 0; n < u.images; n++) {
            total += ofUnits[n * u.padded() + c];
        }
        return total;
    }

    @Override
    public NormGradients batchNormEvalGradient(Array gradient, Array array, Array weight, Array mean, Array var, double eps,
            boolean needInput, boolean needParameters) {
        Units u = units(array);
        CpuArray gy = memory.as(u.x, gradient);
        float[] inv = memory.padded(var, u.padded());
        for (int c = 0; c < u.channels; c++) {
            inv[c] = (float) (1 / Math.sqrt(inv[c] + eps));
        }
        CpuArray gWeight = needParameters ? memory.rowMajor(Shape.of(u.channels)) : null;
        CpuArray gBias = needParameters ? memory.rowMajor(Shape.of(u.channels)) : null;
        if (needParameters) {
            float[] sums = memory.pool().take(u.images * u.padded());
            float[] products = memory.pool().take(u.images * u.padded());
            float[] mu = memory.padded(mean, u.padded());
            workers.run(u.count(), unit -> sums(u, gy, unit, mu, sums, products));
            for (int c = 0; c < u.channels; c++) {
                gWeight.data()[c] = (float) (total(u, products, c) * inv[c]);
                gBias.data()[c] = (float) total(u, sums, c);
            }
            give(sums, products, mu);
        }
        CpuArray gx = needInput ? memory.like(u.x) : null;
        if (needInput) {
            float[] scale = memory.padded(weight, u.padded());
            for (int c = 0; c < u.channels; c++) {
                scale[c] *= inv[c];
            }
            float[] none = memory.pool().take(u.padded());
            Arrays.fill(none, 0, u.padded(), 0);
            workers.run(u.count(), unit -> normalize(u, gy, unit, none, scale, none, null, false, gx));
            give(scale, none);
        }
        memory.pool().give(inv);
        gy.release();
        u.x.release();
        return new NormGradients(gx, gWeight, gBias, null);
    }
}
