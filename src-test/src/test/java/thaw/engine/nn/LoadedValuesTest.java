package thaw.engine.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.engine.io.DType;
import thaw.engine.io.StoredTensor;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

/** Validation of numbers that are loaded into a module. */
class LoadedValuesTest {

    private final Device device = Device.cpu(1);
    private Module net;
    private Map<String, StoredTensor> before;

    @BeforeEach
    void make() {
        Map<String, Module> layers = new LinkedHashMap<>();
        layers.put("conv", Conv2d.withoutBias(device, 3, 4, 3, Conv2dOptions.of(1, 1)));
        layers.put("norm", new BatchNorm2d(device, 4));
        net = new Sequential(layers);
        before = net.stateDict();
    }

    @AfterEach
    void close() {
        device.close();
    }

    private Map<String, StoredTensor> with(String name, StoredTensor value) {
        Map<String, StoredTensor> state = new LinkedHashMap<>();
        before.forEach((other, t) -> state.put(other, t.dtype() == DType.F32 ? StoredTensor.of(t.shape(), new float[t.shape().size()])
                : t));
        state.put(name, value);
        return state;
    }

    private void assertRefused(Map<String, StoredTensor> state, String... parts) {
        for (boolean strict : new boolean[] {true, false}) {
            String message = assertThrows(IllegalArgumentException.class, () -> net.loadStateDict(state, strict)).getMessage();
            for (String part : parts) {
                assertTrue(message.contains(part), message);
            }
            net.stateDict().forEach((name, tensor) -> assertEquals(before.get(name).bytes(), tensor.bytes(), name));
        }
    }

    private static StoredTensor floats(float... values) {
        return StoredTensor.of(Shape.of(values.length), values);
    }

    @Test
    void whatIsNotFiniteIsNamed() {
        assertRefused(with("norm.bias", floats(0, 1, Float.NaN, Float.NEGATIVE_INFINITY)),
                "norm.bias: 2 of 4 elements are not finite as float32, the first NaN at index 2", "nothing was loaded");
        assertRefused(with("norm.running_mean", floats(Float.POSITIVE_INFINITY, 0, 0, 0)),
                "norm.running_mean: 1 of 4 elements is not finite as float32, the first Infinity at index 0");
        Map<String, StoredTensor> two = with("norm.bias", floats(0, Float.NaN, 0, 0));
        two.put("norm.running_var", floats(1, 1, 1, -0.5f));
        assertRefused(two, "norm.bias: 1 of 4", ", and 1 other tensor has such;");
    }

    /** Values are checked after conversion to float32, a module's precision. */
    @Test
    void whatConversionMakesInfiniteIsNamed() {
        assertRefused(with("norm.weight", StoredTensor.ofDoubles(Shape.of(4), new double[] {1e38, 1e300, 0, 0})),
                "norm.weight: 1 of 4 elements is not finite as float32, the first 1.0E300 at index 1");
        byte[] halves = {0, 0x3c, 0, 0, 0, (byte) 0xfc, 0, 0};
        assertRefused(with("norm.weight", StoredTensor.ofBytes(DType.F16, Shape.of(4), halves)), "the first -Infinity at index 2");
        byte[] bfloats = {0, 0, (byte) 0xc0, 0x7f, 0, 0, 0, 0};
        assertRefused(with("norm.weight", StoredTensor.ofBytes(DType.BF16, Shape.of(4), bfloats)), "the first NaN at index 1");
    }

    @Test
    void variancesAreNotNegative() {
        assertRefused(with("norm.running_var", floats(1, 0, -1, -2)),
                "norm.running_var: 2 of 4 elements are negative, which a variance can't be, the first -1.0 at index 2");
        net.loadStateDict(with("norm.running_var", floats(0, -0f, 1, Float.MAX_VALUE)));
        assertArrayEquals(new float[] {0, -0f, 1, Float.MAX_VALUE}, net.namedBuffers().get("norm.running_var").toFloats());
        net.loadStateDict(with("norm.running_mean", floats(-1, -2, -3, -Float.MAX_VALUE)));
    }

    @Test
    void countsAreWholeNumbers() {
        for (float wrong : new float[] {2.5f, -1, Float.NaN, Float.POSITIVE_INFINITY}) {
            assertRefused(with("norm.num_batches_tracked", floats(wrong)),
                    "norm.num_batches_tracked: " + (double) wrong + " is not a count", "nothing was loaded");
        }
        net.loadStateDict(with("norm.num_batches_tracked", floats(3)));
        assertArrayEquals(new long[] {3}, net.stateDict().get("norm.num_batches_tracked").toLongs());
    }

    @Test
    void whatIsNotTakenOverIsNotLookedAt() {
        Map<String, StoredTensor> state = with("head.weight", floats(Float.NaN));
        assertEquals(1, net.loadStateDict(state, false).unexpected().size());
        state.put("norm.bias", floats(Float.NaN));
        assertEquals(1, net.loadStateDict(state, false).otherShape().size());
    }

    /** A snapshot is the module's own state, which may contain numbers that are not finite. */
    @Test
    void restoringTakesAnyNumbers() {
        Map<String, StoredTensor> broken = with("norm.running_var", floats(Float.NaN, -1, 0, 1));
        net.restore(broken);
        assertArrayEquals(new float[] {Float.NaN, -1, 0, 1}, net.namedBuffers().get("norm.running_var").toFloats());
        net.restore(before);
        net.stateDict().forEach((name, tensor) -> assertEquals(before.get(name).bytes(), tensor.bytes(), name));
        broken.remove("norm.bias");
        assertTrue(assertThrows(IllegalArgumentException.class, () -> net.restore(broken)).getMessage().contains("norm.bias"));
    }
}
