package thaw.finetune.bench;

import java.util.Arrays;

/**
 * The running time of a task in steady state, measured after warm-up. The first runs are far slower, because the JVM compiles
 * code only when it has run often.
 *
 * <p>Warm-up ends when the median of the last {@value #WINDOW} runs is at most 2 % less than that of the {@value #WINDOW} runs
 * before them, or after {@value #MOST_SECONDS} seconds more than the least warm-up time; {@link #steady} tells which.
 *
 * @param warmUpRuns number of runs in warm-up
 * @param steady     whether warm-up ended in steady state, rather than by its time limit
 * @param millis     time of each measured run, in order
 */
public record SteadyTiming(int warmUpRuns, boolean steady, double[] millis) {

    private static final int WINDOW = 5;
    private static final double GAIN = 0.02;
    private static final int MOST_SECONDS = 60;

    /** Is notified after every run. */
    @FunctionalInterface
    public interface Listener {

        /** @param measured number of measured runs so far; 0 during warm-up */
        void onRun(int warmUpRuns, int measured);
    }

    /**
     * Warms up, then measures.
     *
     * @param warmUpSeconds least duration of warm-up: short runs may look steady before the JIT compiler is done
     * @param runs          number of measured runs, at least 1
     * @throws IllegalArgumentException if {@code runs} is below 1
     */
    public static SteadyTiming of(Runnable work, double warmUpSeconds, int runs, Listener listener) {
        if (runs < 1) {
            throw new IllegalArgumentException("timing: expected at least 1 run, got " + runs);
        }
        double[] warmUp = {};
        boolean steady = false;
        long start = System.nanoTime();
        double seconds = 0;
        while (!steady && seconds < warmUpSeconds + MOST_SECONDS) {
            warmUp = Arrays.copyOf(warmUp, warmUp.length + 1);
            warmUp[warmUp.length - 1] = time(work);
            listener.onRun(warmUp.length, 0);
            seconds = (System.nanoTime() - start) / 1e9;
            steady = seconds >= warmUpSeconds && isSteady(warmUp);
        }
        double[] millis = new double[runs];
        for (int i = 0; i < runs; i++) {
            millis[i] = time(work);
            listener.onRun(warmUp.length, i + 1);
        }
        return new SteadyTiming(warmUp.length, steady, millis);
    }

    /** Whether the median of the last runs is not less than that of the runs before, up to 2 %. */
    static boolean isSteady(double... millis) {
        int n = millis.length;
        return n >= 2 * WINDOW && median(Arrays.copyOfRange(millis, n - WINDOW, n)) >= (1 - GAIN)
                * median(Arrays.copyOfRange(millis, n - 2 * WINDOW, n - WINDOW));
    }

    private static double time(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e6;
    }

    /** The median time in milliseconds. */
    public double median() {
        return median(millis);
    }

    /** The shortest time in milliseconds. */
    public double min() {
        return quantile(millis, 0);
    }

    /** The interquartile range, as a share of the median. */
    public double spread() {
        return (quantile(millis, 0.75) - quantile(millis, 0.25)) / median();
    }

    private static double median(double... values) {
        return quantile(values, 0.5);
    }

    /** A quantile, interpolated linearly between neighbours. */
    private static double quantile(double[] values, double q) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        double place = q * (sorted.length - 1);
        int below = (int) place;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
