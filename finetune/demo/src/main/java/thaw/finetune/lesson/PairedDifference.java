package thaw.finetune.lesson;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.StatUtils;

/**
 * The difference of two measurements on the same draws.
 *
 * @param mean of the differences
 * @param low  the lower end of the 95 % confidence interval of the mean, by Student's t distribution; NaN for a single draw
 * @param high the upper end
 * @param p    of the exact permutation test with both signs of each difference: the share of the 2ⁿ sign patterns whose mean is at least
 *             as far from 0; with n draws it is at least 2/2ⁿ. All four are NaN if a measurement is
 */
public record PairedDifference(double mean, double low, double high, double p) {

    private static final double CONFIDENCE = 0.95;
    private static final int MOST = 20;

    /** @throws IllegalArgumentException if the lengths differ, or are not 1 to 20 */
    public static PairedDifference of(double[] a, double[] b) {
        if (a.length != b.length || a.length < 1 || a.length > MOST) {
            throw new IllegalArgumentException("paired difference: expected as many numbers on both sides, 1 to " + MOST + ", got "
                    + a.length + " and " + b.length);
        }
        int n = a.length;
        double[] differences = IntStream.range(0, n).mapToDouble(i -> a[i] - b[i]).toArray();
        double mean = StatUtils.mean(differences);
        double reach = n == 1 ? Double.NaN
                : new TDistribution(n - 1).inverseCumulativeProbability((1 + CONFIDENCE) / 2)
                        * Math.sqrt(StatUtils.variance(differences) / n);
        return new PairedDifference(mean, mean - reach, mean + reach, permutation(differences));
    }

    void json(ObjectNode to) {
        to.put("difference", mean).put("low", low).put("high", high).put("p", p);
    }

    private static double permutation(double[] differences) {
        int n = differences.length;
        double observed = Math.abs(Arrays.stream(differences).sum());
        if (Double.isNaN(observed)) {
            return Double.NaN;
        }
        long asFar = IntStream.range(0, 1 << n).filter(signs -> {
            double sum = 0;
            for (int i = 0; i < n; i++) {
                sum += (signs >> i & 1) == 0 ? differences[i] : -differences[i];
            }
            // The margin is for sums of the same numbers in another order.
            return Math.abs(sum) >= observed - 1e-12;
        }).count();
        return (double) asFar / (1 << n);
    }
}
