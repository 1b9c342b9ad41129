package thaw.engine.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.Generator;
import thaw.engine.GradientCheck;
import thaw.engine.NoGrad;
import thaw.engine.Tensor;
import thaw.engine.io.DType;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.engine.optim.ParamGroup;
import thaw.engine.optim.SGD;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

class ModuleTest {

    private final Device device = Device.reference();

    @AfterEach
    void close() {
        device.close();
    }

    private Module network() {
        Map<String, Module> body = new LinkedHashMap<>();
        body.put("conv1", Conv2d.withoutBias(device, 3, 4, 3, Conv2dOptions.of(2, 1)));
        body.put("bn1", new BatchNorm2d(device, 4));
        return new Sequential(Map.of("body", new Sequential(body)));
    }

    private Module classifier() {
        return new Sequential(network(), new ReLU(), new AdaptiveAvgPool2d(1), new Flatten(), new Dropout(0.5),
                new Linear(device, 4, 2));
    }

    @Test
    void stateDictHasPyTorchsNamesAndOrder() {
        assertEquals(List.of("0.body.conv1.weight", "0.body.bn1.weight", "0.body.bn1.bias", "0.body.bn1.running_mean",
                "0.body.bn1.running_var", "0.body.bn1.num_batches_tracked", "5.weight", "5.bias"),
                new ArrayList<>(classifier().stateDict().keySet()));
        assertEquals(DType.I64, classifier().stateDict().get("0.body.bn1.num_batches_tracked").dtype());
        assertEquals(Shape.SCALAR, classifier().stateDict().get("0.body.bn1.num_batches_tracked").shape());
    }

    @Test
    void namesOfParametersBuffersAndModules() {
        Module net = classifier();
        assertEquals(List.of("0.body.conv1.weight", "0.body.bn1.weight", "0.body.bn1.bias", "5.weight", "5.bias"),
                new ArrayList<>(net.namedParameters().keySet()));
        assertEquals(List.of("0.body.bn1.running_mean", "0.body.bn1.running_var"), new ArrayList<>(net.namedBuffers().keySet()));
        assertEquals(List.of("", "0", "0.body", "0.body.conv1", "0.body.bn1", "1", "2", "3", "4", "5"),
                new ArrayList<>(net.namedModules().keySet()));
        assertEquals(4 * 3 * 9 + 8 + 10, net.parameterCount());
    }

    @Test
    void sharedWeightsAreOneParameterOfTwoNames() {
        Linear shared = new Linear(device, 3, 3);
        Module net = new Sequential(shared, new ReLU(), shared);
        assertEquals(List.of("0.weight", "0.bias"), new ArrayList<>(net.namedParameters().keySet()));
        assertEquals(12, net.parameterCount());
        assertEquals(List.of("0.weight", "0.bias", "2.weight", "2.bias"), new ArrayList<>(net.stateDict().keySet()));
        assertEquals(2, new SGD(ParamGroup.group("all", net)).groups().get(0).parameters().size());
    }

    @Test
    void checkpointsLeaveNoTraceInNames() {
        assertEquals(network().stateDict().keySet(), new CheckpointedModule(network()).stateDict().keySet());
    }

    @Test
    void stateTravelsFromOneNetworkToAnother(@TempDir Path dir) throws Exception {
        Module from = classifier();
        from.call(GradientCheck.input(device, 1, 4, 3, 6, 6));      // moves the running statistics
        Path file = dir.resolve("net.safetensors");
        Weights.write(file, from.stateDict(), Map.of());
        Module to = classifier();
        LoadReport report = to.loadStateDict(Weights.read(file));
        assertTrue(report.isExact(), report.toString());
        assertEquals(1, ((BatchNorm2d) to.namedModules().get("0.body.bn1")).batchesTracked());
        Tensor x = device.ones(Shape.of(1, 3, 6, 6));
        assertArrayEquals(from.eval().call(x).toFloats(), to.eval().call(x).toFloats(), 1e-6f);
    }

    @Test
    void aStateDictIsACopy() {
        Linear linear = new Linear(device, 2, 2);
        Map<String, StoredTensor> before = linear.stateDict();
        linear.bias().set(7, 7);
        assertTrue(before.get("bias").toFloats()[0] != 7);
    }

    @Test
    void strictLoadingNamesWhatIsWrongAndChangesNothing() {
        Module net = classifier();
        Map<String, StoredTensor> state = net.stateDict();
        state.remove("0.body.conv1.weight");
        state.put("5.weight", StoredTensor.of(Shape.of(7, 4), new float[28]));
        state.put("6.weight", StoredTensor.of(Shape.of(1), new float[1]));
        state.put("5.bias", StoredTensor.of(Shape.of(2), new float[] {8, 9}));
        float[] before = net.namedParameters().get("5.bias").toFloats();
        String message = assertThrows(IllegalArgumentException.class, () -> net.loadStateDict(state)).getMessage();
        for (String part : List.of("missing", "0.body.conv1.weight", "unexpected", "6.weight", "5.weight", "[2, 4]", "[7, 4]")) {
            assertTrue(message.contains(part), message);
        }
        assertArrayEquals(before, net.namedParameters().get("5.bias").toFloats());

        LoadReport report = net.loadStateDict(state, false);
        assertEquals(List.of("0.body.conv1.weight"), report.missing());
        assertEquals(List.of("6.weight"), report.unexpected());
        assertEquals("5.weight", report.otherShape().get(0).name());
        assertArrayEquals(new float[] {8, 9}, net.namedParameters().get("5.bias").toFloats());
    }

    @Test
    void oldFilesLackTheCountOfBatches() {
        Module net = network();
        Map<String, StoredTensor> state = net.stateDict();
        state.remove("body.bn1.num_batches_tracked");
        assertTrue(net.loadStateDict(state).isExact());
    }

    @Test
    void hooksSeeOutputsUntilClosed() {
        Sequential net = (Sequential) classifier();
        List<Shape> seen = new ArrayList<>();
        List<Tensor> kept = new ArrayList<>();
        ForwardHook.Registration hook = net.get(0).onForward((m, y) -> {
            assertSame(net.get(0), m);
            seen.add(y.shape());
            kept.add(y.detach().unscoped());
        });
        Tensor x = GradientCheck.input(device, 1, 2, 3, 6, 6);
        net.call(x);
        hook.close();
        net.call(x);
        assertEquals(List.of(Shape.of(2, 4, 3, 3)), seen);
        assertEquals(2 * 4 * 3 * 3, kept.get(0).toFloats().length);
    }

    @Test
    void modes() {
        Module net = classifier();
        assertTrue(net.isTraining());
        net.eval();
        net.namedModules().values().forEach(m -> assertFalse(m.isTraining()));
        net.requiresGrad(false);
        net.parameters().forEach(p -> assertFalse(p.requiresGrad()));
        assertFalse(net.call(device.ones(Shape.of(1, 3, 6, 6))).requiresGrad());
    }

    @Test
    void printsAsATree() {
        assertEquals("""
                Sequential(
                  (0): Sequential(
                    (body): Sequential(
                      (conv1): Conv2d(3, 4, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), bias=False)
                      (bn1): BatchNorm2d(4, eps=1.0E-5, momentum=0.1)
                    )
                  )
                  (1): ReLU()
                  (2): AdaptiveAvgPool2d(output_size=(1, 1))
                  (3): Flatten()
                  (4): Dropout(p=0.5)
                  (5): Linear(in_features=4, out_features=2, bias=True)
                )""", classifier().toString());
    }

    @Test
    void evaluationIsSafeFromManyThreads() throws Exception {
        Module net = classifier().eval();
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            List<Future<float[]>> results = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                int seed = i % 5;
                results.add(pool.submit(() -> predict(net, seed)));
            }
            for (int i = 0; i < 40; i++) {
                assertArrayEquals(predict(net, i % 5), results.get(i).get());
            }
        } finally {
            pool.shutdownNow();
        }
    }

    private float[] predict(Module net, int seed) {
        try (NoGrad off = device.noGrad()) {
            return net.call(GradientCheck.input(device, seed, 2, 3, 6, 6)).toFloats();
        }
    }

    @Test
    void dropoutRepeatsWithItsSeedAndIsTheIdentityInEvaluation() {
        Tensor x = device.ones(Shape.of(1000));
        float[] first = new Dropout(0.25, new Generator(3)).call(x).toFloats();
        Dropout again = new Dropout(0.25, new Generator(3));
        assertArrayEquals(first, again.call(x).toFloats());
        assertFalse(Arrays.equals(first, again.call(x).toFloats()));
        assertSame(x, again.eval().call(x));
        double mean = 0;
        for (float v : first) {
            assertTrue(v == 0 || Math.abs(v - 4f / 3) < 1e-6);
            mean += v / 1000;
        }
        assertEquals(1, mean, 0.1);             // standard deviation of the mean: √(p/(1−p)/1000) = 0.018
        assertThrows(IllegalArgumentException.class, () -> new Dropout(1));
    }

    @Test
    void oneValuePerChannelIsNoBatchAndIsNotCounted() {
        BatchNorm2d bn = new BatchNorm2d(device, 3);
        assertThrows(IllegalArgumentException.class, () -> bn.call(device.ones(Shape.of(1, 3, 1, 1))));
        assertEquals(0, bn.batchesTracked());
    }

    @Test
    void namesWithDotsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Sequential(Map.of("a.b", new ReLU())));
    }

    @Test
    void wrongInputsAreExplained() {
        String conv = assertThrows(IllegalArgumentException.class,
                () -> network().call(device.ones(Shape.of(1, 4, 8, 8)))).getMessage();
        assertTrue(conv.contains("expects 3 input channels"), conv);
        String linear = assertThrows(IllegalArgumentException.class,
                () -> new Linear(device, 4, 2).call(device.ones(Shape.of(1, 5)))).getMessage();
        assertTrue(linear.contains("4 features") && linear.contains("[1, 5]"), linear);
    }
}
