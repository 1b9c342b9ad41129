package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;
import thaw.engine.Device;
import thaw.kernels.DeviceTuning;

/** {@code thaw tune}: searches the fastest work sizes for an OpenCL device and stores them for later runs. */
@Command(name = "tune", sortOptions = false, customSynopsis = "thaw tune [OPTIONS]",
        description = "Tunes the work sizes of an OpenCL device, and stores the result.",
        footer = {"", "Example: thaw tune --device opencl:0 --budget 2m"})
final class TuneCommand extends Subcommand {

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

    @Override
    public Integer call() {
        if (!name.matches(BEST + "(:\\d{1,4})?")) {
            throw new Failure("--device: expected opencl or opencl:N, got '" + name + "'; CPU kernels need no tuning,"
                    + " thaw devices lists the OpenCL devices");
        }
        report(tune());
        return 0;
    }

    private DeviceTuning tune() {
        try (Progress progress = new Progress()) {
            return Device.provider(name).tune(name, budget, done -> progress.step("tuning", Math.round(PER_CENT * done), PER_CENT))
                    .orElseThrow();
        } catch (IOException unwritable) {
            throw new Failure("cannot write the result: " + unwritable.getMessage() + "; make the folder writable,"
                    + " or set another one by -Dthaw.cache", unwritable);
        }
    }

    private void report(DeviceTuning outcome) {
        String device = outcome.device().device();
        Object model = outcome.device().properties().get("device");
        Object driver = outcome.device().properties().get("driver");
        ObjectNode json = OutputOptions.object().put("device", device).put("name", String.valueOf(model))
                .put("driver", String.valueOf(driver));
        output.text(device + ", " + model + ", driver " + driver);
        output.text("");
        output.text("  GFLOP/s  untuned  tried  products");
        ArrayNode kinds = json.putArray("products");
        for (DeviceTuning.Product product : outcome.products()) {
            output.text(String.format(Locale.ROOT, "%9.1f %8.1f %6d  %s: %s", product.gflops(), product.usualGflops(), product.trials(),
                    product.kind(), product.tile()));
            kinds.addObject().put("kind", product.kind()).put("tile", product.tile()).put("gflops", product.gflops())
                    .put("untuned_gflops", product.usualGflops()).put("trials", product.trials());
        }
        if (outcome.products().stream().allMatch(product -> product.gflops() <= GAIN * product.usualGflops())) {
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
