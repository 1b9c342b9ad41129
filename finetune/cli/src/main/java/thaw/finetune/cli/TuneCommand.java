package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;
import thaw.kernels.opencl.OpenClDevice;
import thaw.kernels.opencl.OpenClDevices;
import thaw.kernels.opencl.Tuner;

/** {@code thaw tune}: searches the fastest work sizes for an OpenCL device and stores them for later runs. */
@Command(name = "tune", sortOptions = false, customSynopsis = "thaw tune [OPTIONS]",
        description = "Tunes the work sizes of an OpenCL device, and stores the result.",
        footer = {"", "Example: thaw tune --device opencl:0 --budget 2m"})
final class TuneCommand implements Callable<Integer> {

    private static final String BEST = "opencl";
    private static final int PER_CENT = 100;
    /** A ratio of speeds below which a measurement does not tell them apart. */
    private static final double GAIN = 1.02;

    private static final class DurationConverter implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String value) {
            if (!value.matches("\\d{1,6}[sm]?")) {
                throw new TypeConversionException("expected seconds or minutes such as 90s or 2m, got '" + value + "'");
            }
            long number = Long.parseLong(value.replaceAll("[sm]", ""));
            return value.endsWith("m") ? Duration.ofMinutes(number) : Duration.ofSeconds(number);
        }
    }

    @Option(names = "--device", paramLabel = "NAME", defaultValue = BEST,
            description = "opencl, or opencl:N; thaw devices lists them (default: opencl, the fastest by kind and size).")
    private String name;

    @Option(names = "--budget", paramLabel = "TIME", defaultValue = "60s", converter = DurationConverter.class,
            description = "Duration of the search, such as 90s or 2m (default: 60s).")
    private Duration budget;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        if (!name.matches(BEST + "(:\\d{1,4})?")) {
            throw new Failure("--device: expected opencl or opencl:N, got '" + name + "'; CPU kernels need no tuning,"
                    + " thaw devices lists the OpenCL devices");
        }
        int index = name.equals(BEST) ? OpenClDevices.best().index() : Integer.parseInt(name.substring(BEST.length() + 1));
        report(tune(index));
        return 0;
    }

    private Tuner.Outcome tune(int index) {
        try (Progress progress = new Progress()) {
            return Tuner.tune(index, budget, done -> progress.step("tuning", Math.round(PER_CENT * done), PER_CENT));
        } catch (IOException unwritable) {
            throw new Failure("cannot write the result: " + unwritable.getMessage() + "; make the folder writable,"
                    + " or set another one by -Dthaw.cache", unwritable);
        }
    }

    private void report(Tuner.Outcome outcome) {
        OpenClDevice device = outcome.device();
        ObjectNode json = OutputOptions.object().put("device", "opencl:" + device.index()).put("name", device.name())
                .put("driver", device.driver());
        output.text("opencl:" + device.index() + ", " + device.name() + ", driver " + device.driver());
        output.text("");
        output.text("  GFLOP/s  untuned  tried  products");
        ArrayNode kinds = json.putArray("products");
        for (Tuner.Found found : outcome.found()) {
            output.text(String.format(Locale.ROOT, "%9.1f %8.1f %6d  %s: %s", found.gflops(), found.usualGflops(), found.trials(),
                    found.kind(), found.tile()));
            kinds.addObject().put("kind", found.kind()).put("tile", found.tile()).put("gflops", found.gflops())
                    .put("untuned_gflops", found.usualGflops()).put("trials", found.trials());
        }
        if (outcome.found().stream().allMatch(found -> found.gflops() <= GAIN * found.usualGflops())) {
            output.text("");
            output.text("nothing was gained: the untuned work sizes are as fast within "
                    + Math.round(PER_CENT * (GAIN - 1)) + " %");
        }
        boolean never = outcome.winogradChannels() == Integer.MAX_VALUE;
        output.text("");
        output.text("Winograd's algorithm " + (never ? "never pays" : "from " + outcome.winogradChannels() + " channels on")
                + "; stored in " + outcome.file());
        json.put("winograd_channels", never ? null : (Integer) outcome.winogradChannels()).put("file", outcome.file().toString());
        output.result(json);
    }
}
