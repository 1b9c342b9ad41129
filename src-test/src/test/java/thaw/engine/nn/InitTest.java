package thaw.engine.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.engine.Generator;
import thaw.engine.Tensor;
import thaw.kernels.Shape;

class InitTest {

    private static final int OUT = 64;
    private static final int IN = 32;

    private final Device device = Device.reference();

    @AfterEach
    void close() {
        device.close();
    }

    private double[] fill(Consumer<Tensor> init) {
        Tensor w = device.zeros(Shape.of(OUT, IN, 3, 3));
        init.accept(w);
        return w.toDoubles();
    }

    /** Asserts mean and standard deviation; with 18432 samples their standard errors are below 1 % of the latter. */
    private static void assertSpread(double std, double[] values) {
        double sum = 0;
        double squares = 0;
        for (double v : values) {
            sum += v;
            squares += v * v;
        }
        assertEquals(0, sum / values.length, 0.04 * std);
        assertEquals(std, Math.sqrt(squares / values.length), 0.04 * std);
    }

    private static double max(double[] values) {
        double max = 0;
        for (double v : values) {
            max = Math.max(max, Math.abs(v));
        }
        return max;
    }

    @Test
    void variances() {
        Generator g = new Generator(1);
        double fanIn = IN * 9;
        double fanOut = OUT * 9;
        assertSpread(Math.sqrt(2 / fanOut), fill(w -> Init.kaimingNormal(w, Init.Fan.OUT, g)));
        assertSpread(Math.sqrt(2 / fanIn), fill(w -> Init.kaimingNormal(w, Init.Fan.IN, g)));
        assertSpread(Math.sqrt(2 / fanIn), fill(w -> Init.kaimingUniform(w, Init.Fan.IN, g)));
        assertSpread(Math.sqrt(2 / (fanIn + fanOut)), fill(w -> Init.xavierNormal(w, 1, g)));
        assertSpread(2 * Math.sqrt(2 / (fanIn + fanOut)), fill(w -> Init.xavierUniform(w, 2, g)));
        assertSpread(Math.sqrt(1 / (3 * fanIn)), fill(w -> Init.defaultUniform(w, IN * 9, g)));
    }

    @Test
    void uniformBounds() {
        Generator g = new Generator(1);
        double bound = Math.sqrt(6.0 / (IN * 9));
        double max = max(fill(w -> Init.kaimingUniform(w, Init.Fan.IN, g)));
        assertTrue(max <= bound * (1 + 1e-6) && max > 0.99 * bound);
        assertTrue(max(fill(w -> Init.defaultUniform(w, 9 * IN, g))) <= 1 / Math.sqrt(9 * IN) * (1 + 1e-6));
    }

    @Test
    void orthogonalRowsOrColumns() {
        assertOrthogonal(device.zeros(Shape.of(6, 2, 2, 3)), true);
        assertOrthogonal(device.zeros(Shape.of(12, 5)), false);
        assertOrthogonal(device.zeros(Shape.of(5, 5)), true);
    }

    private static void assertOrthogonal(Tensor w, boolean rows) {
        Init.orthogonal(w, 2, new Generator(4));
        int n = w.shape().dim(0);
        Tensor m = w.reshape(n, -1);
        Tensor gram = rows ? m.matmul(m.permute(1, 0)) : m.permute(1, 0).matmul(m);
        int k = gram.shape().dim(0);
        double[] g = gram.toDoubles();
        for (int i = 0; i < k; i++) {
            for (int j = 0; j < k; j++) {
                assertEquals(i == j ? 4 : 0, g[i * k + j], 1e-6);
            }
        }
    }

    @Test
    void theSameSeedGivesTheSameBits() {
        assertArrayEquals(fill(w -> Init.kaimingNormal(w, Init.Fan.IN, new Generator(7))),
                fill(w -> Init.kaimingNormal(w, Init.Fan.IN, new Generator(7))));
    }

    @Test
    void aGeneratorGoesOnFromItsState() {
        Generator g = new Generator(11);
        g.nextGaussian();
        Generator copy = new Generator(g.state());
        for (int i = 0; i < 10; i++) {
            assertEquals(g.nextGaussian(), copy.nextGaussian());
        }
    }

    @Test
    void vectorsHaveNoFan() {
        assertThrows(IllegalArgumentException.class,
                () -> Init.kaimingNormal(device.zeros(Shape.of(3)), Init.Fan.IN, new Generator(1)));
    }

    @Test
    void orthogonalNeedsAGenerator() {
        Tensor w = device.zeros(Shape.of(2, 2));
        String message = assertThrows(IllegalArgumentException.class, () -> Init.orthogonal(w, 1, null)).getMessage();
        assertTrue(message.contains("pass a Generator"), message);
    }
}
