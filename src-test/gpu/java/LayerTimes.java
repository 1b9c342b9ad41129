import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import thaw.kernels.Array;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.DeviceProfile;
import thaw.kernels.KernelTime;
import thaw.kernels.Shape;
import thaw.kernels.opencl.OpenClBackend;
import thaw.kernels.opencl.OpenClDevices;

/**
 * The convolutions of ResNet-50 with their gradients of input and weight, by the device's clock, as lines of JSON; {@code
 * torch_bench.py} measures the same.
 */
public final class LayerTimes {

    private static final int RUNS = 5;

    private record Layer(int channels, int side, int outputs, int filter, int stride, int count) {
    }

    private static final List<Layer> LAYERS = List.of(
            new Layer(3, 224, 64, 7, 2, 1),
            new Layer(64, 56, 64, 1, 1, 1),
            new Layer(64, 56, 64, 3, 1, 3),
            new Layer(64, 56, 256, 1, 1, 4),
            new Layer(256, 56, 64, 1, 1, 2),
            new Layer(256, 56, 128, 1, 1, 1),
            new Layer(128, 56, 128, 3, 2, 1),
            new Layer(128, 28, 512, 1, 1, 4),
            new Layer(256, 56, 512, 1, 2, 1),
            new Layer(512, 28, 128, 1, 1, 3),
            new Layer(128, 28, 128, 3, 1, 3),
            new Layer(512, 28, 256, 1, 1, 1),
            new Layer(256, 28, 256, 3, 2, 1),
            new Layer(256, 14, 1024, 1, 1, 6),
            new Layer(512, 28, 1024, 1, 2, 1),
            new Layer(1024, 14, 256, 1, 1, 5),
            new Layer(256, 14, 256, 3, 1, 5),
            new Layer(1024, 14, 512, 1, 1, 1),
            new Layer(512, 14, 512, 3, 2, 1),
            new Layer(512, 7, 2048, 1, 1, 3),
            new Layer(1024, 14, 2048, 1, 2, 1),
            new Layer(2048, 7, 512, 1, 1, 2),
            new Layer(512, 7, 512, 3, 1, 2));

    private LayerTimes() {
    }

    /** @param args {@code opencl} or {@code opencl:N}, and the number of images */
    public static void main(String[] args) {
        int index = args[0].contains(":") ? Integer.parseInt(args[0].substring(args[0].indexOf(':') + 1)) : OpenClDevices.best().index();
        try (OpenClBackend backend = OpenClBackend.open(index, new OpenClBackend.Options(Long.MAX_VALUE, true))) {
            for (Layer layer : LAYERS) {
                measure(backend, layer, Integer.parseInt(args[1]));
            }
        }
    }

    private static void measure(OpenClBackend backend, Layer l, int images) {
        Conv2dOptions options = Conv2dOptions.of(l.stride, l.filter / 2);
        Array x = filled(backend, Shape.of(images, l.channels, l.side, l.side));
        Array w = filled(backend, Shape.of(l.outputs, l.channels, l.filter, l.filter));
        Array gy = filled(backend, options.outputShape(x.shape(), w.shape()));
        System.out.printf(Locale.ROOT,
                "{\"layer\": [%d, %d, %d, %d, %d], \"count\": %d, \"gflop\": %.4f, \"ms\": [%.4f, %.4f, %.4f]}%n", l.channels, l.side,
                l.outputs, l.filter, l.stride, l.count, 2e-9 * gy.shape().size() * l.channels * l.filter * l.filter,
                millis(backend, () -> backend.conv2d(x, w, null, options)),
                millis(backend, () -> backend.conv2dInputGradient(gy, w, x.shape(), options)),
                millis(backend, () -> backend.conv2dWeightGradient(gy, x, w.shape(), options)));
        List.of(x, w, gy).forEach(Array::release);
    }

    /** The median of what an operator's kernels take together; the first run compiles them. */
    private static double millis(OpenClBackend backend, Supplier<Array> operator) {
        DeviceProfile profile = backend.profile().orElseThrow();
        operator.get().release();
        DoubleStream times = IntStream.range(0, RUNS).mapToDouble(run -> {
            profile.resetKernelTimes();
            operator.get().release();
            return 1e3 * profile.kernelTimes().stream().mapToDouble(KernelTime::seconds).sum();
        });
        return times.sorted().toArray()[RUNS / 2];
    }

    private static Array filled(OpenClBackend backend, Shape shape) {
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i * 31 % 17 - 8) / 16f;
        }
        return backend.of(shape, values);
    }
}
