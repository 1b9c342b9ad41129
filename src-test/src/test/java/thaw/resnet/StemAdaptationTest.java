package thaw.resnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.kernels.Shape;
import thaw.parity.Filled;

class StemAdaptationTest {

    private final Device device = Device.cpu();
    private final ResNet net = ResNet.of(Architecture.byName("resnet20"), device, 10, 1).zeroInitResidual();

    @AfterEach
    void close() {
        device.close();
    }

    private Tensor grey() {
        return device.tensor(Shape.of(1, 1, 8, 8), Filled.fill("grey", 64));
    }

    private float[] scores(Tensor x) {
        try (Scope scope = device.scope(); NoGrad off = device.noGrad()) {
            return net.eval().call(x).toFloats();
        }
    }

    @Test
    void aGreyImageGetsTheAnswerOfItsThreefoldSelf() {
        float[] expected = scores(Functional.cat(List.of(grey(), grey(), grey()), 1));
        net.adaptStem(1);
        assertEquals(1, net.inputChannels());
        assertArrayEquals(expected, scores(grey()), 1e-5f);
    }

    /** The weights of one pixel: those of three channels, 1, 2, 3, repeated and multiplied by 3/n. */
    @ParameterizedTest
    @ValueSource(ints = {2, 4, 7})
    void otherChannelsAreRepeatedAndScaled(int channels) {
        Tensor stem = net.namedParameters().get("conv1.weight");
        float[] weight = new float[stem.shape().size()];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = 1 + i / 9 % 3;
        }
        stem.set(weight);
        net.adaptStem(channels);
        Tensor adapted = net.namedParameters().get("conv1.weight");
        assertEquals(Shape.of(16, channels, 3, 3), adapted.shape());
        float[] values = adapted.toFloats();
        for (int i = 0; i < values.length; i++) {
            assertEquals((1 + i / 9 % channels % 3) * 3f / channels, values[i], 1e-6f);
        }
        assertEquals(10, scores(device.zeros(Shape.of(1, channels, 8, 8))).length);
    }

    @Test
    void theSameNumberChangesNothing() {
        Tensor stem = net.namedParameters().get("conv1.weight");
        assertSame(stem, net.adaptStem(3).namedParameters().get("conv1.weight"));
    }

    @Test
    void aFrozenStemStaysFrozenAndFirst() {
        net.requiresGrad(false);
        net.adaptStem(5);
        assertFalse(net.namedParameters().get("conv1.weight").requiresGrad());
        assertEquals("conv1.weight", net.stateDict().keySet().iterator().next());
    }

    @Test
    void noChannelsIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> net.adaptStem(0));
    }
}
