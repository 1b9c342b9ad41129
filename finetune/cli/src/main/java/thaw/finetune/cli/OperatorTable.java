package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import thaw.finetune.bench.OperatorTime;

/**
 * The time of a step by operator, then by operator and shapes, the longest first.
 *
 * @param steps the number of steps over which {@code times} were summed
 */
record OperatorTable(List<OperatorTime> times, int steps) {

    private static final int ROWS = 40;

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("");
        lines.add("  ms/step  share  calls  GFLOP/s  operator");
        byOperator().forEach(time -> lines.add(row(time)));
        lines.add("");
        lines.add("  ms/step  share  calls  GFLOP/s  operator and shapes");
        times.stream().limit(ROWS).forEach(time -> lines.add(row(time) + "  " + time.shapes()));
        if (times.size() > ROWS) {
            lines.add("  and " + (times.size() - ROWS) + " more; --json lists all");
        }
        return lines;
    }

    private List<OperatorTime> byOperator() {
        Map<String, OperatorTime> sums = new LinkedHashMap<>();
        for (OperatorTime time : times) {
            sums.merge(time.operator(), time, OperatorTime::plus);
        }
        return sums.values().stream().sorted(Comparator.comparingLong(OperatorTime::nanos).reversed()).toList();
    }

    private String row(OperatorTime time) {
        String gflops = time.flops() == 0 ? "" : String.format(Locale.ROOT, "%.1f", time.gflops());
        return String.format(Locale.ROOT, "%9.3f %4.1f %% %6d %8s  %s", millis(time), 100.0 * time.nanos() / total(),
                time.calls() / steps, gflops, time.operator());
    }

    private long total() {
        return times.stream().mapToLong(OperatorTime::nanos).sum();
    }

    private double millis(OperatorTime time) {
        return time.nanos() / 1e6 / steps;
    }

    ArrayNode json() {
        ArrayNode array = OutputOptions.object().putArray("operators");
        for (OperatorTime time : times) {
            array.addObject().put("operator", time.operator()).put("shapes", time.shapes()).put("calls", time.calls() / steps)
                    .put("ms", millis(time)).put("gflops", time.flops() == 0 ? null : (Double) time.gflops());
        }
        return array;
    }
}
