package thaw.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.openjdk.jmh.Main;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs benchmarks with JMH's own options and its allocation profiler, and prints a table of the results: milliseconds, GFLOP/s
 * and their percentage of the peak measured in the same process, GB/s, bytes allocated per operation.
 */
public final class Benchmarks {

    private Benchmarks() {
    }

    public static void main(String[] args) throws IOException, RunnerException, CommandLineOptionException {
        CommandLineOptions options = new CommandLineOptions(args);
        if (options.shouldHelp() || options.shouldList() || options.shouldListWithParams() || options.shouldListProfilers()
                || options.shouldListResultFormats()) {
            Main.main(args);
            return;
        }
        table(new Runner(new OptionsBuilder().parent(options).addProfiler(GCProfiler.class).build()).run(), System.out);
    }

    @SuppressWarnings("rawtypes") // in JMH's API
    private static void table(Collection<RunResult> results, PrintStream out) {
        out.printf(Locale.ROOT, "%n%10s %9s %9s %8s %12s  %s%n", "ms", "GFLOP/s", "% of peak", "GB/s", "B allocated",
                "benchmark");
        for (RunResult result : results) {
            Map<String, Result> beside = result.getSecondaryResults();
            String name = result.getParams().getBenchmark();
            String params = result.getParams().getParamsKeys().stream().map(result.getParams()::getParam)
                    .collect(Collectors.joining(" "));
            out.printf(Locale.ROOT, "%10.3f %9s %9s %8s %12s  %s %s%n", 1e3 / result.getPrimaryResult().getScore(),
                    score(beside, "gflops"), score(beside, "percentOfPeak"), score(beside, "gigabytes"),
                    score(beside, "gc.alloc.rate.norm"), name.substring(name.indexOf("bench.") + "bench.".length()), params);
        }
    }

    /** The result with the given name, or in some versions of JMH with a prefix before it; empty if there is none. */
    @SuppressWarnings("rawtypes")
    private static String score(Map<String, Result> results, String name) {
        return results.entrySet().stream().filter(result -> result.getKey().endsWith(name)).findFirst()
                .map(result -> String.format(Locale.ROOT, "%.1f", result.getValue().getScore())).orElse("");
    }
}
