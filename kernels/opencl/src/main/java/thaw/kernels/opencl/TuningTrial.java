package thaw.kernels.opencl;

import java.util.List;
import java.util.SplittableRandom;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;
import thaw.kernels.reference.ReferenceBackend;

/**
 * A convolution on which tiles of one kind of product are tried: a layer of ResNet's.
 *
 * @param x the shape of one image
 */
record TuningTrial(ProductShape kind, Shape x, Shape w, Conv2dOptions options) {

    /** The tolerance: rounding differs between tiles by less, and errors by more. */
    private static final double TOLERANCE = 1e-5;
    private static final long LONG_ENOUGH_NANOS = 100_000_000;
    private static final int LEAST_RUNS = 3;
    private static final int MOST_RUNS = 50;
    /** Launches of a card that are timed together: to wait for one takes as long as a small product. */
    private static final int LAUNCHES_OF_A_CARD = 10;

    /** The layers for a kind of product, with 3×3 and 1×1 filters, small enough to take milliseconds on a CPU. */
    static List<TuningTrial> of(ProductShape kind) {
        return switch (kind) {
            case WIDE -> List.of(of(kind, 64, 56, 64, 3), of(kind, 256, 56, 64, 1));
            case LARGE -> List.of(of(kind, 128, 28, 128, 3), of(kind, 512, 28, 128, 1));
            case NARROW -> List.of(of(kind, 512, 7, 256, 3), of(kind, 2048, 7, 512, 1));
            case DEEP -> List.of(of(kind, 64, 28, 128, 3), of(kind, 512, 28, 128, 1));
        };
    }

    private static TuningTrial of(ProductShape kind, int channels, int side, int outputs, int filter) {
        return new TuningTrial(kind, Shape.of(1, channels, side, side), Shape.of(outputs, channels, filter, filter),
                Conv2dOptions.of(1, filter / 2));
    }

    /** The reference values for checking a tile, for one image. */
    float[] expected() {
        try (Backend reference = new ReferenceBackend()) {
            return values(reference, run(reference, inputs(reference, 1)));
        }
    }

    private record Inputs(Array x, Array w, Array gy) {
        void release() {
            x.release();
            w.release();
            gy.release();
        }
    }

    private Shape x(int images) {
        return Shape.of(images, x.dim(1), x.dim(2), x.dim(3));
    }

    private Inputs inputs(Backend backend, int images) {
        SplittableRandom random = new SplittableRandom(1);
        return new Inputs(random(backend, x(images), random), random(backend, w, random),
                random(backend, options.outputShape(x(images), w), random));
    }

    private static Array random(Backend backend, Shape shape, SplittableRandom random) {
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return backend.of(shape, values);
    }

    private Array run(Backend backend, Inputs in) {
        return kind == ProductShape.DEEP ? backend.conv2dWeightGradient(in.gy, in.x, w, options)
                : backend.conv2d(in.x, in.w, options);
    }

    private static float[] values(Backend backend, Array y) {
        float[] values = new float[y.shape().size()];
        backend.read(y, values);
        y.release();
        return values;
    }

    /** Whether the backend computes one image's convolution correctly. */
    boolean isRight(OpenClBackend backend, float[] expected) {
        Inputs in = inputs(backend, 1);
        float[] actual = values(backend, run(backend, in));
        in.release();
        double difference = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow(expected[i] - actual[i], 2);
            size += Math.pow(expected[i], 2);
        }
        return difference <= TOLERANCE * TOLERANCE * size;
    }

    /** The floating-point operations for this many images. */
    double flops(int images) {
        return 2.0 * options.outputShape(x(images), w).size() * (w.size() / w.dim(0));
    }

    /** The time of the fastest of several runs over this many images, in seconds. */
    double seconds(OpenClBackend backend, int images) {
        Inputs in = inputs(backend, images);
        int launches = backend.device().type() == OpenClDevice.Type.CPU ? 1 : LAUNCHES_OF_A_CARD;
        long best = Long.MAX_VALUE;
        long all = 0;
        for (int runs = 0; runs < LEAST_RUNS || runs < MOST_RUNS && all < LONG_ENOUGH_NANOS; runs++) {
            backend.finish();
            long start = System.nanoTime();
            for (int launch = 0; launch < launches; launch++) {
                run(backend, in).release();
            }
            backend.finish();
            long nanos = System.nanoTime() - start;
            best = Math.min(best, nanos);
            all += nanos;
        }
        in.release();
        return best / 1e9 / launches;
    }
}
