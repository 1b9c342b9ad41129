package thaw.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares gradients of random graphs, in which results are used several times, with finite differences. */
class RandomGraphTest {

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void gradientsOfRandomGraphs(long seed) {
        try (Device device = Device.reference()) {
            List<Tensor> leaves = List.of(GradientCheck.input(device, seed, 2, 3), GradientCheck.input(device, seed + 100, 3),
                    GradientCheck.input(device, seed + 200, 2, 1));
            GradientCheck.check(() -> {
                try (Scope scope = device.scope()) {
                    return scope.keep(graph(leaves, new Random(seed)));
                }
            }, leaves);
        }
    }

    private static Tensor graph(List<Tensor> leaves, Random random) {
        List<Tensor> made = new ArrayList<>(leaves);
        for (int i = 0; i < 15; i++) {
            Tensor a = made.get(random.nextInt(made.size()));
            Tensor b = made.get(random.nextInt(made.size()));
            made.add(switch (random.nextInt(7)) {
                case 0 -> a.add(b);
                case 1 -> a.sub(b);
                case 2 -> a.mul(b).mul(0.5);
                case 3 -> a.div(b.square().add(1));
                case 4 -> a.tanh();
                case 5 -> a.sigmoid().add(a);
                default -> a.mean(true, 0).add(b);
            });
        }
        Tensor total = leaves.get(0).mul(leaves.get(1)).add(leaves.get(2));
        for (Tensor t : made.subList(3, made.size())) {
            total = total.add(t);
        }
        return total;
    }
}
