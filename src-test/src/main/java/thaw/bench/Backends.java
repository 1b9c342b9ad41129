package thaw.bench;

import java.util.SplittableRandom;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Shape;
import thaw.kernels.cpu.CpuBackend;

/** Opens what is measured, and fills it with numbers. */
final class Backends {

    private Backends() {
    }

    /** @param kernels {@code vector} or {@code plain}; both on all cores */
    static Backend open(String kernels) {
        int threads = Runtime.getRuntime().availableProcessors();
        if (kernels.equals("plain")) {
            return CpuBackend.plain(threads);
        }
        if (!CpuBackend.hasVectors()) {
            throw new IllegalStateException("no Vector API here; run Java with --add-modules jdk.incubator.vector");
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

    /** As the layer before would have left it: in the backend's own layout rather than the row-major one of an image. */
    static Array activation(Backend backend, SplittableRandom random, Shape shape) {
        Array x = random(backend, random, shape);
        Array y = backend.avgPool2d(x, Pool2dOptions.of(1, 1, 0));
        x.release();
        return y;
    }
}
