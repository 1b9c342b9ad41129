package thaw.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import thaw.kernels.Shape;

/**
 * Compares gradients with central differences, in double precision: {@code ∂L/∂x ≈ (L(x + h) − L(x − h)) / 2h} for the loss
 * {@code L = Σ r·y} with fixed random {@code r}. The error of the difference is of order h² + 1e-16/h. Both passes must release what
 * they allocate.
 */
public final class GradientCheck {

    private static final double H = 1e-5;
    private static final double TOLERANCE = 1e-7;

    private GradientCheck() {
    }

    /** Random numbers with magnitudes in [0.1, 1.1], away from the kinks of relu and abs and the pole of division. */
    public static Tensor input(Device device, long seed, int... dims) {
        Random random = new Random(seed);
        double[] values = new double[Shape.of(dims).size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (0.1 + random.nextDouble()) * (random.nextBoolean() ? 1 : -1);
        }
        return device.tensor(Shape.of(dims), values).requiresGrad(true);
    }

    /** Like {@link #input}, but positive, for square roots and logarithms. */
    public static Tensor positive(Device device, long seed, int... dims) {
        Tensor t = input(device, seed, dims);
        double[] values = t.toDoubles();
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.abs(values[i]);
        }
        return device.tensor(t.shape(), values).requiresGrad(true);
    }

    /** Checks the gradients of {@code f}'s result with respect to the leaves. */
    public static void check(Supplier<Tensor> f, Tensor... leaves) {
        check(f, List.of(leaves));
    }

    public static void check(Supplier<Tensor> f, List<Tensor> leaves) {
        requireAllReleased(f, leaves);
        loss(f).backward();
        for (int k = 0; k < leaves.size(); k++) {
            Tensor leaf = leaves.get(k);
            assertNotNull(leaf.grad(), "leaf " + k + " got no gradient");
            double[] gradient = leaf.grad().toDoubles();
            double[] x = leaf.toDoubles();
            for (int i = 0; i < x.length; i++) {
                double centre = x[i];
                double up = lossAt(f, leaf, x, i, centre + H);
                double down = lossAt(f, leaf, x, i, centre - H);
                x[i] = centre;
                double expected = (up - down) / (2 * H);
                assertEquals(expected, gradient[i], TOLERANCE * (1 + Math.abs(expected)),
                        "gradient of element " + i + " of leaf " + k + " " + leaf.shape());
            }
            set(leaf, x);
        }
    }

    /** Both passes leave no array behind, but for tensors of their scope and gradients. */
    private static void requireAllReleased(Supplier<Tensor> f, List<Tensor> leaves) {
        Device device = leaves.get(0).device();
        long[] inUse = new long[2];
        // Before the second run, tensors beside the leaves have a gradient too.
        for (int run = 0; run < 2; run++) {
            leaves.forEach(Tensor::zeroGrad);
            try (Scope scope = device.scope()) {
                loss(f).backward();
            }
            leaves.forEach(Tensor::zeroGrad);
            inUse[run] = device.backend().memory().inUse();
        }
        assertEquals(inUse[0], inUse[1], "bytes that have no owner");
    }

    private static double lossAt(Supplier<Tensor> f, Tensor leaf, double[] x, int i, double value) {
        x[i] = value;
        set(leaf, x);
        try (NoGrad off = leaf.device().noGrad()) {
            return loss(f).toDoubles()[0];
        }
    }

    private static void set(Tensor leaf, double[] values) {
        try (NoGrad off = leaf.device().noGrad()) {
            leaf.copyFrom(leaf.device().tensor(leaf.shape(), values));
        }
    }

    private static Tensor loss(Supplier<Tensor> f) {
        Tensor y = f.get();
        Random random = new Random(y.shape().size());
        double[] r = random.doubles(y.shape().size(), -1, 1).toArray();
        return y.mul(y.device().tensor(y.shape(), r)).sum();
    }
}
