package thaw.resnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import thaw.engine.Device;
import thaw.engine.GradientCheck;
import thaw.engine.Tensor;
import thaw.engine.nn.Module;
import thaw.kernels.Shape;
import thaw.parity.Filled;

/** The pools that halve images, against loops over their definitions. */
class PoolsTest {

    private static final int CHANNELS = 3;

    @ParameterizedTest
    @CsvSource({"2,2", "3,2", "7,5", "8,6", "9,14", "2,11"})
    void aBlurIsTheBinomialFilterOfTheMirroredImage(int height, int width) {
        float[] x = Filled.fill("x", CHANNELS * height * width);
        double[] binomial = {0.25, 0.5, 0.25};
        assertPools(new BlurPool2d(), x, height, width, (plane, i, j) -> {
            double sum = 0;
            for (int r = -1; r <= 1; r++) {
                for (int s = -1; s <= 1; s++) {
                    sum += binomial[r + 1] * binomial[s + 1]
                            * x[(plane * height + mirrored(2 * i + r, height)) * width + mirrored(2 * j + s, width)];
                }
            }
            return sum;
        });
    }

    private static int mirrored(int i, int extent) {
        return i < 0 ? -i : i >= extent ? 2 * (extent - 1) - i : i;
    }

    @ParameterizedTest
    @CsvSource({"1,1", "2,2", "3,2", "7,5", "8,6", "1,14"})
    void anAverageAtAnOddEdgeIsOfThePixelsThatAreLeft(int height, int width) {
        float[] x = Filled.fill("x", CHANNELS * height * width);
        assertPools(new CeilAvgPool2d(), x, height, width, (plane, i, j) -> {
            double sum = 0;
            int count = 0;
            for (int r = 2 * i; r < Math.min(2 * i + 2, height); r++) {
                for (int s = 2 * j; s < Math.min(2 * j + 2, width); s++) {
                    sum += x[(plane * height + r) * width + s];
                    count++;
                }
            }
            return sum / count;
        });
    }

    private interface Pixel {
        double value(int plane, int i, int j);
    }

    private static void assertPools(Module pool, float[] x, int height, int width, Pixel expected) {
        for (Device device : new Device[] {Device.reference(), Device.cpu()}) {
            try (device) {
                Tensor y = pool.call(device.tensor(Shape.of(1, CHANNELS, height, width), x));
                int rows = (height + 1) / 2;
                int columns = (width + 1) / 2;
                assertEquals(Shape.of(1, CHANNELS, rows, columns), y.shape());
                double[] given = y.toDoubles();
                for (int k = 0; k < given.length; k++) {
                    assertEquals(expected.value(k / (rows * columns), k / columns % rows, k % columns), given[k], 1e-6);
                }
            }
        }
    }

    @Test
    void gradients() {
        try (Device device = Device.reference()) {
            for (Module pool : new Module[] {new BlurPool2d(), new CeilAvgPool2d()}) {
                Tensor x = GradientCheck.input(device, 1, 1, 2, 5, 4);
                GradientCheck.check(() -> pool.call(x), x);
            }
        }
    }

    @Test
    void aSinglePixelCannotBeMirrored() {
        try (Device device = Device.reference()) {
            assertTrue(assertThrows(IllegalArgumentException.class,
                    () -> new BlurPool2d().call(device.ones(Shape.of(1, 1, 1, 1)))).getMessage().contains("larger image"));
        }
    }

    /** timm's kernels for the widths of blocks. */
    @ParameterizedTest
    @CsvSource({"64,3", "128,5", "256,5", "512,5", "1024,5", "2048,7"})
    void kernelsOfEfficientChannelAttention(int channels, int kernel) {
        assertEquals(kernel, EfficientChannelAttention.kernel(channels));
    }
}
