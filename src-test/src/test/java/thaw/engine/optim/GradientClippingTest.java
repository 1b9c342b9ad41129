package thaw.engine.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.kernels.Shape;

/** Values by PyTorch 2.13's torch.nn.utils.clip_grad_norm_ and clip_grad_value_ in float64. */
class GradientClippingTest {

    private final Device device = Device.reference();
    private Tensor a;
    private Tensor b;
    private Tensor without;

    @BeforeEach
    void gradients() {
        a = device.zeros(Shape.of(2)).requiresGrad(true);
        b = device.zeros(Shape.of(2, 1)).requiresGrad(true);
        without = device.zeros(Shape.of(3)).requiresGrad(true);
        a.mul(1).backward(device.tensor(a.shape(), 3.0, -4.0));
        b.mul(1).backward(device.tensor(b.shape(), 12.0, 0.5));
    }

    @AfterEach
    void close() {
        device.close();
    }

    @Test
    void byNormScalesAllTogether() {
        assertEquals(13.009611831257688, GradientClipping.gradNorm(List.of(a, without, b)), 1e-12);
        long before = device.backend().memory().inUse();
        new GradientClipping.ByNorm(2).clip(List.of(a, without, b));
        assertEquals(before, device.backend().memory().inUse());
        assertArrayEquals(new double[] {0.4611974297639385, -0.614929906351918}, a.grad().toDoubles(), 1e-12);
        assertArrayEquals(new double[] {1.844789719055754, 0.07686623829398975}, b.grad().toDoubles(), 1e-12);
        assertEquals(2, GradientClipping.gradNorm(List.of(a, b)), 1e-6);
    }

    @Test
    void aSmallNormStaysAsItIs() {
        new GradientClipping.ByNorm(20).clip(List.of(a, b));
        assertArrayEquals(new double[] {3, -4}, a.grad().toDoubles());
    }

    @Test
    void byValueCutsEachElement() {
        new GradientClipping.ByValue(1.25).clip(List.of(a, b, without));
        assertArrayEquals(new double[] {1.25, -1.25}, a.grad().toDoubles());
        assertArrayEquals(new double[] {1.25, 0.5}, b.grad().toDoubles());
    }

    @Test
    void infiniteGradientsAreToldOf() {
        a.zeroGrad();
        a.mul(1).backward(device.tensor(a.shape(), Double.POSITIVE_INFINITY, 1));
        assertEquals(Double.POSITIVE_INFINITY, GradientClipping.gradNorm(List.of(a, b)));
        new GradientClipping.ByNorm(1).clip(List.of(a, b));
        assertArrayEquals(new double[] {12, 0.5}, b.grad().toDoubles());
    }

    @Test
    void aBoundOfNothingIsRefused() {
        for (double bound : new double[] {0, -1, Double.NaN}) {
            assertTrue(assertThrows(IllegalArgumentException.class, () -> new GradientClipping.ByNorm(bound))
                    .getMessage().contains("maxNorm must be above 0"));
            assertThrows(IllegalArgumentException.class, () -> new GradientClipping.ByValue(bound));
        }
    }
}
