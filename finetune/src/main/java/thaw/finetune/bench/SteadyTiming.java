package thaw.finetune.bench;

import java.util.Arrays;

/**
 * How long something takes once it has got steady, and how long it took until then. Java compiles what runs often, so that the
 * first runs are slower by far.
 *
 * <p>It is steady when the median of {@value #WINDOW} runs is no longer faster than that of the {@value #WINDOW} before by more
 * than 2 %; or when {@value #MOST_SECONDS} seconds more are over than it should take at least, which {@link #steady} tells.
 *
 * @param warmUpRuns runs until it was steady
 * @param steady     whether it was steady then, and not just out of time
 * @param millis     of each of the measured runs, in order
 */
public record SteadyTiming(int warmUpRuns, boolean steady, double[] millis) {

    private static final int WINDOW = 5;
    private static final double GAIN = 0.02;
    private static final int MOST_SECONDS = 60;

    /** Hears of every run when it is done. */
    @FunctionalInterface
    public interface Listener {

        /** @param measured how many of the measured runs are done; 0 while warming up */
        void onRun(int warmUpRuns, int measured);
    }

    /**
     * Warms up, then measures.
     *
     * @param warmUpSeconds how long it warms up at least: Java's compiler needs its time, in which short runs may look steady
     * @param runs          at least 1
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

    /** Whether the last runs are no faster than those before. */
    static boolean isSteady(double... millis) {
        int n = millis.length;
        return n >= 2 * WINDOW && median(Arrays.copyOfRange(millis, n - WINDOW, n))
                >= (1 - GAIN) * median(Arrays.copyOfRange(millis, n - 2 * WINDOW, n - WINDOW));
    }

    private static double time(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e6;
    }

    /** Milliseconds. */
    public double median() {
        return median(millis);
    }

    /** Milliseconds. */
    public double min() {
        return quantile(millis, 0);
    }

    /** The distance between the quartiles, as a share of the median. */
    public double spread() {
        return (quantile(millis, 0.75) - quantile(millis, 0.25)) / median();
    }

    private static double median(double... values) {
        return quantile(values, 0.5);
    }

    /** Interpolated between neighbours. */
    private static double quantile(double[] values, double q) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        double place = q * (sorted.length - 1);
        int below = (int) place;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
