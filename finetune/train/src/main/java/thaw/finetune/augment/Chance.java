package thaw.finetune.augment;

import java.util.SplittableRandom;

/** Draws from distributions, implemented on {@link StrictMath} so that every Java and every machine gives the same bits. */
final class Chance {
    private Chance() {
    }

    /** True with probability {@code p}. */
    static boolean happens(double p, SplittableRandom random) {
        return random.nextDouble() < p;
    }

    static double uniform(double from, double to, SplittableRandom random) {
        return from + (to - from) * random.nextDouble();
    }

    /** The distribution of {@code exp(uniform(log from, log to))}: a factor and its inverse are equally likely. */
    static double logUniform(double from, double to, SplittableRandom random) {
        return StrictMath.exp(uniform(StrictMath.log(from), StrictMath.log(to), random));
    }

    /** The standard normal distribution, by the method of Box and Muller (1958). */
    static double gaussian(SplittableRandom random) {
        double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
        return radius * StrictMath.cos(2 * Math.PI * random.nextDouble());
    }

    /** Beta(α, α), as {@code X / (X + Y)} of two gamma variates. */
    static double beta(double alpha, SplittableRandom random) {
        double x = gamma(alpha, random);
        double y = gamma(alpha, random);
        /* For α near 0 both may underflow; the distribution is then nearly that of a fair coin, 0 or 1. */
        return x + y > 0 ? x / (x + y) : random.nextInt(2);
    }

    /**
     * The distribution Gamma(shape, 1), by Marsaglia and Tsang, "A simple method for generating gamma variables" (2000); section
     * 6 for shapes below 1.
     */
    private static double gamma(double shape, SplittableRandom random) {
        if (shape < 1) {
            return gamma(shape + 1, random) * StrictMath.pow(1 - random.nextDouble(), 1 / shape);
        }
        double d = shape - 1 / 3.0;
        double c = 1 / StrictMath.sqrt(9 * d);
        while (true) {
            double x = gaussian(random);
            double v = 1 + c * x;
            v = v * v * v;
            if (v > 0 && StrictMath.log(1 - random.nextDouble()) < 0.5 * x * x + d - d * v + d * StrictMath.log(v)) {
                return d * v;
            }
        }
    }
}
