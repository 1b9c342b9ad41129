package thaw.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import thaw.engine.functional.Functional;
import thaw.engine.functional.Normalization;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

class AutogradTest {

    private final CountingBackend counting = CountingBackend.of();
    private final Device device = Device.of(counting.backend());

    @AfterEach
    void close() {
        device.close();
    }

    @Test
    void sharedSubexpressionsAddUp() {
        Tensor a = device.scalar(-4).requiresGrad(true);
        Tensor b = device.scalar(2).requiresGrad(true);
        Tensor c = a.add(b);                                   // d = c·a + c² + b, with c used three times
        Tensor d = c.mul(a).add(c.square()).add(b);
        d.backward();
        assertEquals(14, d.item());
        assertEquals(-4 + -2 + 2 * -2, a.grad().item());       // c + a + 2c
        assertEquals(-4 + 2 * -2 + 1, b.grad().item());        // a + 2c + 1
    }

    @Test
    void gradientsAccumulateUntilZeroGrad() {
        Tensor x = device.tensor(Shape.of(2), 1f, 2f).requiresGrad(true);
        x.square().sum().backward();
        x.square().sum().backward();
        assertArrayEquals(new float[] {4, 8}, x.grad().toFloats());
        x.zeroGrad();
        assertNull(x.grad());
        x.sum().backward();
        assertArrayEquals(new float[] {1, 1}, x.grad().toFloats());
    }

    @Test
    void leavesThatShareAGradientKeepThemApart() {
        Tensor a = device.ones(Shape.of(2)).requiresGrad(true);
        Tensor b = device.ones(Shape.of(2)).requiresGrad(true);
        a.add(b).sum().backward();
        a.sum().backward();
        assertArrayEquals(new float[] {2, 2}, a.grad().toFloats());
        assertArrayEquals(new float[] {1, 1}, b.grad().toFloats());
        a.zeroGrad();
        b.zeroGrad();
        a.add(b).sum().backward();
        a.grad().set(5, 6);
        assertArrayEquals(new float[] {1, 1}, b.grad().toFloats());
    }

    @Test
    void theGivenGradientIsLeftAlone() {
        Tensor x = device.ones(Shape.of(2)).requiresGrad(true);
        Tensor seed = device.tensor(Shape.of(2), 3f, 4f);
        Tensor y = x.add(0).add(x);
        y.backward(seed);
        x.mul(1).backward(seed);
        assertArrayEquals(new float[] {9, 12}, x.grad().toFloats());
        assertArrayEquals(new float[] {3, 4}, seed.toFloats());
    }

    @Test
    void deepGraphsNeedNoStack() throws InterruptedException {
        Tensor x = device.scalar(1).requiresGrad(true);
        Runnable chain = () -> {
            try (Scope scope = device.scope()) {
                Tensor y = x;
                for (int i = 0; i < 10_000; i++) {
                    y = y.add(x);
                }
                y.backward();
            }
        };
        Thread small = new Thread(null, chain, "small stack", 256 * 1024);
        small.start();
        small.join();
        assertEquals(10_001, x.grad().item());
    }

    @Test
    void aSecondBackwardIsRefused() {
        Tensor x = device.scalar(3).requiresGrad(true);
        Tensor y = x.square();
        Tensor z = y.mul(2);
        y.backward();
        assertTrue(assertThrows(IllegalStateException.class, y::backward).getMessage().contains("has been freed"));
        assertTrue(assertThrows(IllegalStateException.class, z::backward).getMessage().contains("has been freed"));
        assertTrue(assertThrows(IllegalStateException.class, () -> Graph.toDot(y)).getMessage().contains("(at square) has been freed"));
    }

    @Test
    void aLossThatNeedsNoGradientKeepsNone() {
        try (Scope scope = device.scope()) {
            Tensor scores = device.ones(Shape.of(1, 2));
            Tensor labels = device.labels(0);
            long before = counting.backend().memory().inUse();
            Functional.crossEntropy(scores, labels).close();
            assertEquals(before, counting.backend().memory().inUse());
        }
    }

    /** The arrays that its backward pass would have read are released. */
    @Test
    void anOperatorThatFailsKeepsNothing() {
        Tensor x = device.ones(Shape.of(1, 2, 4, 4));
        Tensor w = device.ones(Shape.of(2, 3, 3, 3)).requiresGrad(true);
        assertThrows(IllegalArgumentException.class, () -> Functional.conv2d(x, w, Conv2dOptions.DEFAULT));
        x.close();
        w.close();
        assertEquals(0, counting.backend().memory().inUse());
    }

    @Test
    void backwardNeedsAScalarAndAGraph() {
        Tensor x = device.ones(Shape.of(3)).requiresGrad(true);
        assertTrue(assertThrows(IllegalStateException.class, () -> x.mul(2).backward()).getMessage().contains("[3]"));
        assertThrows(IllegalArgumentException.class, () -> x.mul(2).backward(device.ones(Shape.of(2))));
        assertThrows(IllegalStateException.class, () -> device.ones(Shape.SCALAR).mul(2).backward());
        assertThrows(IllegalStateException.class, () -> device.ones(Shape.of(3)).backward(device.ones(Shape.of(3))));
    }

    @Test
    void aResultKeepsItsGradientIfAsked() {
        Tensor x = device.scalar(3).requiresGrad(true);
        Tensor y = x.square().retainGrad();
        Tensor z = x.mul(2);
        y.mul(5).add(z).backward();
        assertEquals(5, y.grad().item());
        assertNull(z.grad());
        assertEquals(5 * 2 * 3 + 2, x.grad().item());
        assertThrows(IllegalStateException.class, () -> device.scalar(1).retainGrad());
    }

    /** By the definitions of the three; a norm that changes with its batch has none but the derivative. */
    @Test
    void rulesForReLUs() {
        Tensor x = device.tensor(Shape.of(3), -1.0, 2.0, 3.0).requiresGrad(true);
        Tensor gy = device.tensor(Shape.of(3), 4.0, -5.0, 6.0);
        Map<ReluRule, double[]> expected = Map.of(ReluRule.GRADIENT, new double[] {0, -5, 6}, ReluRule.DECONVNET, new double[] {4, 0, 6},
                ReluRule.GUIDED, new double[] {0, 0, 6});
        long before = counting.backend().memory().inUse();
        expected.forEach((rule, gradient) -> {
            try (Scope scope = device.scope()) {
                x.relu().backward(gy, rule);
            }
            assertArrayEquals(gradient, x.grad().toDoubles(), rule.name());
            x.zeroGrad();
            assertEquals(before, counting.backend().memory().inUse(), rule.name());
        });
        Tensor images = device.tensor(Shape.of(2, 1), 1.0, 2.0).requiresGrad(true);
        Tensor one = device.ones(Shape.of(1));
        Tensor normed = Functional.batchNormTrain(images, new Normalization(one, one, null, null, 0.1, 1e-5));
        assertThrows(IllegalStateException.class, () -> normed.backward(device.ones(Shape.of(2, 1)), ReluRule.GUIDED));
    }

    @Test
    void anOperatorWhoseGradientHasAnotherShape() {
        Tensor a = device.ones(Shape.of(2)).requiresGrad(true);
        Tensor b = device.ones(Shape.of(2)).requiresGrad(true);
        long before = counting.backend().memory().inUse();
        try (Scope scope = device.scope()) {
            Tensor e = b.exp();
            Tensor y = new Function("wrong") {
                @Override
                protected Array forward(Backend on, Array... in) {
                    return on.affine(in[0], 1, 0);
                }

                @Override
                protected Array[] backward(Backend on, Array gy) {
                    return gradients(() -> on.zeros(Shape.of(3)), () -> on.zeros(Shape.of(2)));
                }
            }.apply(a, e);
            String message = assertThrows(IllegalStateException.class, y.add(e).sum()::backward).getMessage();
            assertTrue(message.contains("a tensor [2] has the shape [3]"), message);
        }
        assertEquals(before, counting.backend().memory().inUse());
    }

    @Test
    void theGraphAsText() {
        Tensor x = device.scalar(3).requiresGrad(true);
        Tensor y = x.square().add(x.mul(device.ones(Shape.of(2))));
        Set<String> expected = Set.of("digraph {", "0 [shape=box, label=\"add [2]\"];", "1 -> 0;", "2 -> 0;",
                "1 [shape=box, label=\"square []\"];", "3 -> 1;", "2 [shape=box, label=\"mul [2]\"];", "3 -> 2;",
                "3 [label=\"leaf []\"];", "}");
        List<String> lines = Graph.toDot(y).lines().map(String::strip).toList();
        assertEquals(expected, Set.copyOf(lines));
        assertEquals(expected.size(), lines.size());
    }

    @Test
    void anInterruptEndsComputationsThatAllowIt() {
        Tensor x = device.scalar(3);
        Thread.currentThread().interrupt();
        try {
            assertEquals(9, x.square().item());
            try (Interruptible outer = device.interruptible()) {
                try (Interruptible inner = device.interruptible()) {
                    assertThrows(CancellationException.class, x::square);
                }
                assertThrows(CancellationException.class, x::square);
            }
            assertEquals(9, x.square().item());
        } finally {
            assertTrue(Thread.interrupted());
        }
        try (Interruptible allowed = device.interruptible()) {
            assertEquals(9, x.square().item());
        }
    }

    @Test
    void noGradAndDetachCutTheGraph() {
        Tensor x = device.scalar(3).requiresGrad(true);
        try (NoGrad off = device.noGrad()) {
            assertFalse(device.gradEnabled());
            assertFalse(x.square().requiresGrad());
            try (NoGrad again = device.noGrad()) {
                assertFalse(device.gradEnabled());
            }
            assertFalse(device.gradEnabled());
        }
        assertTrue(device.gradEnabled());
        Tensor y = x.square();
        y.detach().mul(x).backward();
        assertEquals(9, x.grad().item());
    }

    @Test
    void noGradConcernsItsThreadOnly() throws InterruptedException {
        boolean[] enabled = new boolean[1];
        try (NoGrad off = device.noGrad()) {
            Thread other = new Thread(() -> enabled[0] = device.gradEnabled());
            other.start();
            other.join();
        }
        assertTrue(enabled[0]);
    }

    @Test
    void inPlaceChangesOfWhatAGradientNeedsAreNoticed() {
        Tensor w = device.scalar(3).requiresGrad(true);
        Tensor x = device.scalar(2).requiresGrad(true);
        Tensor y = w.mul(x);
        w.set(5);
        assertTrue(assertThrows(IllegalStateException.class, y::backward).getMessage().contains("changed in place"));
    }

    @Test
    void onlyLeavesAreChangedInPlace() {
        Tensor y = device.scalar(3).requiresGrad(true).mul(2);
        assertThrows(IllegalStateException.class, () -> y.set(1));
        assertThrows(IllegalStateException.class, () -> y.copyFrom(device.scalar(1)));
        assertThrows(IllegalStateException.class, () -> y.requiresGrad(false));
    }

    @Test
    void freezingAParameterDropsItsGradient() {
        Tensor x = device.scalar(3).requiresGrad(true);
        x.square().backward();
        x.requiresGrad(false);
        assertNull(x.grad());
    }

    @Test
    void frozenConvolutionsComputeNoWeightGradient() {
        Conv2dOptions same = Conv2dOptions.of(1, 1);
        Tensor image = device.ones(Shape.of(1, 2, 4, 4));
        Shape kernel = Shape.of(2, 2, 3, 3);
        List<Tensor> w = List.of(device.ones(kernel), device.ones(kernel), device.ones(kernel));
        w.get(2).requiresGrad(true);
        network(image, w, same).backward();
        // only the head is trained: its weight gradient is the only one computed
        assertEquals(1, counting.calls("conv2dWeightGradient"));
        assertEquals(0, counting.calls("conv2dInputGradient"));

        counting.reset();
        w.get(0).requiresGrad(true);
        network(image, w, same).backward();
        // a frozen layer between trained ones propagates gradients; the image gets none
        assertEquals(2, counting.calls("conv2dWeightGradient"));
        assertEquals(2, counting.calls("conv2dInputGradient"));

        counting.reset();
        w.forEach(t -> t.requiresGrad(false));
        assertFalse(network(image, w, same).requiresGrad());
    }

    @Test
    void convolutionsOfOneInputAddTheirGradientsInPlace() {
        Tensor y = device.ones(Shape.of(1, 2, 4, 4)).requiresGrad(true).mul(2);
        Tensor w = device.ones(Shape.of(2, 2, 3, 3));
        Functional.conv2d(y, w, Conv2dOptions.DEFAULT).add(Functional.conv2d(y, w, Conv2dOptions.DEFAULT)).sum().backward();
        assertEquals(1, counting.calls("conv2dInputGradient"));
        assertEquals(1, counting.calls("addConv2dInputGradient"));
    }

    private static Tensor network(Tensor x, List<Tensor> weights, Conv2dOptions options) {
        for (Tensor w : weights) {
            x = Functional.conv2d(x, w, null, options);
        }
        return x.sum();
    }

    @Test
    void tensorsOfTwoDevicesDoNotMix() {
        try (Device other = Device.reference()) {
            assertThrows(IllegalArgumentException.class, () -> device.scalar(1).add(other.scalar(1)));
        }
    }

    @Test
    void aClosedDeviceSaysSo() {
        Tensor x = device.scalar(1);
        Shape one = Shape.of(1);
        device.close();
        assertEquals(1, counting.calls("close"));
        for (Executable use : List.<Executable>of(() -> device.tensor(one, 1f), () -> device.tensor(one, 1.0), () -> device.zeros(one),
                x::square)) {
            String message = assertThrows(IllegalStateException.class, use).getMessage();
            assertTrue(message.startsWith("the device is closed (" + device.description() + ")"), message);
        }
    }

    @Test
    void labelsCannotRequireAGradient() {
        Tensor soft = device.ones(Shape.of(1, 2)).requiresGrad(true);
        assertThrows(IllegalArgumentException.class, () -> Functional.crossEntropy(device.ones(Shape.of(1, 2)), soft));
    }
}
