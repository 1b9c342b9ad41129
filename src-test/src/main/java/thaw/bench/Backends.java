package thaw.bench;

import java.util.SplittableRandom;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Shape;
import thaw.kernels.cpu.CpuBackend;

/** Opens the backends of the benchmarks, and creates arrays of random numbers. */
final class Backends {

    private Backends() {
    }

    /**
     * Opens a CPU backend on all cores.
     *
     * @param kernels {@code vector} or {@code plain}
     * @throws IllegalStateException if {@code vector} is requested without the Vector API
     */
    static Backend open(String kernels) {
        int threads = Runtime.getRuntime().availableProcessors();
        if (kernels.equals("plain")) {
            return CpuBackend.scalar(threads);
        }
        if (!CpuBackend.hasVectors()) {
            throw new IllegalStateException("the Vector API is missing; run Java with --add-modules jdk.incubator.vector");
        }
        return CpuBackend.create(threads);
    }

    static Array random(Backend backend, SplittableRandom random, Shape shape) {
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-0.5, 0.5);
        }
        return backend.of(shape, values);
    }

    /** Random numbers in the backend's own layout, like the output of an earlier layer, instead of an image's row-major one. */
    static Array activation(Backend backend, SplittableRandom random, Shape shape) {
        Array x = random(backend, random, shape);
        Array y = backend.avgPool2d(x, Pool2dOptions.of(1, 1, 0));
        x.release();
        return y;
    }
}
