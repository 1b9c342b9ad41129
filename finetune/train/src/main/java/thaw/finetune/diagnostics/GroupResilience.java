package thaw.finetune.diagnostics;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import thaw.engine.Tensor;
import thaw.resnet.LayerGroup;

/**
 * The accuracy of a trained network when one layer group's weights alone are changed (Zhang, Bengio and Singer 2019, "Are all
 * layers created equal?"). Batch norm's running statistics stay as they are.
 *
 * @param group   the group's name
 * @param rewound accuracy with the group's weights put back to those at the beginning, 0 to 1: a fall is what training this
 *                group has brought; NaN if they are not known
 * @param noisy   accuracy with noise on the group's weights, {@value #NOISE} times as large as the weights of each tensor, 0 to 1
 */
public record GroupResilience(String group, double rewound, double noisy) {

    /** The standard deviation of the noise, relative to the root mean square of a tensor's elements. */
    public static final double NOISE = 0.5;

    private static final long SEED = 1;

    /**
     * Changes the group, measures, and puts its weights back to the same bits.
     *
     * @param atFirst  the weights at the beginning, by parameter
     * @param accuracy of the network with its present weights
     */
    static GroupResilience of(LayerGroup group, Map<Tensor, Tensor> atFirst, DoubleSupplier accuracy) {
        List<Tensor> parameters = group.parameters();
        boolean known = parameters.stream().allMatch(atFirst::containsKey);
        double rewound = known ? with(parameters, p -> atFirst.get(p).toFloats(), accuracy) : Double.NaN;
        SplittableRandom random = new SplittableRandom(SEED);
        return new GroupResilience(group.name(), rewound, with(parameters, p -> noisy(p.toFloats(), random), accuracy));
    }

    private interface Change {
        float[] of(Tensor parameter);
    }

    private static double with(List<Tensor> parameters, Change change, DoubleSupplier accuracy) {
        Map<Tensor, float[]> trained = new IdentityHashMap<>();
        parameters.forEach(p -> trained.put(p, p.toFloats()));
        try {
            parameters.forEach(p -> p.set(change.of(p)));
            return accuracy.getAsDouble();
        } finally {
            trained.forEach(Tensor::set);
        }
    }

    private static float[] noisy(float[] values, SplittableRandom random) {
        double squares = 0;
        for (float value : values) {
            squares += (double) value * value;
        }
        double deviation = NOISE * Math.sqrt(squares / values.length);
        for (int i = 0; i < values.length; i++) {
            values[i] += (float) (deviation * random.nextGaussian());
        }
        return values;
    }
}
