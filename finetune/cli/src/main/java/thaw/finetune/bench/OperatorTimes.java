package thaw.finetune.bench;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import thaw.kernels.OperatorListener;

/**
 * Sums the times of a backend's operators by their name and the shapes of their arguments; for
 * {@link thaw.kernels.Backend#setOperatorListener}. Thread-safe.
 */
public final class OperatorTimes implements OperatorListener {

    private final Map<List<String>, OperatorTime> times = new ConcurrentHashMap<>();

    @Override
    public void called(String operator, String shapes, long nanos, long flops) {
        times.merge(List.of(operator, shapes), new OperatorTime(operator, shapes, 1, nanos, flops), OperatorTime::plus);
    }

    /** The operators called since the last {@link #reset}, sorted by total time, longest first. */
    public List<OperatorTime> longestFirst() {
        return times.values().stream().sorted(Comparator.comparingLong(OperatorTime::nanos).reversed()).toList();
    }

    /** Discards all recorded times, for instance after warming up. */
    public void reset() {
        times.clear();
    }
}
