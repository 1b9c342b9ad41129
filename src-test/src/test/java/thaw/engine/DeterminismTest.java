package thaw.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import thaw.engine.functional.Functional;
import thaw.engine.io.StoredTensor;
import thaw.engine.nn.AdaptiveConcatPool2d;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.Conv2d;
import thaw.engine.nn.Dropout;
import thaw.engine.nn.Flatten;
import thaw.engine.nn.Linear;
import thaw.engine.nn.MaxPool2d;
import thaw.engine.nn.Module;
import thaw.engine.nn.ReLU;
import thaw.engine.nn.Sequential;
import thaw.engine.optim.OneCycle;
import thaw.engine.optim.ParamGroup;
import thaw.engine.optim.SGD;
import thaw.kernels.Conv2dOptions;

/** The same seed gives the same bits on any number of threads. */
class DeterminismTest {

    private static final int STEPS = 4;

    private static Map<String, StoredTensor> train(int threads, long seed) {
        try (Device device = Device.cpu(threads)) {
            device.generator().seed(seed);
            Module net = new Sequential(Conv2d.withoutBias(device, 3, 20, 3, Conv2dOptions.of(1, 1)), new BatchNorm2d(device, 20),
                    new ReLU(), new MaxPool2d(3, 2, 1), new Conv2d(device, 20, 33, 3, Conv2dOptions.of(2, 1)), new ReLU(),
                    new AdaptiveConcatPool2d(1), new Flatten(), new Dropout(0.5), new Linear(device, 66, 5));
            SGD sgd = new SGD(ParamGroup.group("all", net).lr(0.1).weightDecay(1e-4));
            for (int i = 0; i < STEPS; i++) {
                sgd.follow(OneCycle.of(STEPS), i);
                try (Scope step = device.scope()) {
                    Tensor x = GradientCheck.input(device, i, 6, 3, 19, 17).requiresGrad(false);
                    Tensor loss = Functional.crossEntropy(net.call(x), device.labels(0, 1, 2, 3, 4, 0));
                    sgd.zeroGrad();
                    loss.backward();
                    sgd.step();
                }
            }
            return net.stateDict();
        }
    }

    @Test
    void threadsAndRepetitionsChangeNoBit() {
        Map<String, StoredTensor> one = train(1, 3);
        for (int threads : new int[] {1, 2, 5}) {
            Map<String, StoredTensor> other = train(threads, 3);
            one.forEach((name, t) -> assertArrayEquals(t.toFloats(), other.get(name).toFloats(),
                    name + ", " + threads + " threads"));
        }
    }

    @Test
    void anotherSeedGivesOthers() {
        assertFalse(Arrays.equals(train(2, 3).get("9.weight").toFloats(), train(2, 4).get("9.weight").toFloats()));
    }
}
