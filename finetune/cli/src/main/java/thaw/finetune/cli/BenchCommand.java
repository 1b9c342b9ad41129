package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import thaw.engine.Device;
import thaw.finetune.bench.MatmulPeak;
import thaw.finetune.bench.Mode;
import thaw.finetune.bench.NetworkStep;
import thaw.finetune.bench.OperatorTimes;
import thaw.finetune.bench.PeakMemory;
import thaw.finetune.bench.SteadyTiming;
import thaw.kernels.Backend;
import thaw.kernels.DeviceProfile;
import thaw.kernels.KernelTime;
import thaw.kernels.cpu.CpuBackend;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

/** {@code thaw bench}: measures the speed of a network on this machine. */
@Command(name = "bench", sortOptions = false, customSynopsis = "thaw bench [OPTIONS]",
        description = "Measures the speed of prediction or training on this machine.",
        footer = {"", "Example: thaw bench --arch resnet50 --mode train --batch 8"})
final class BenchCommand extends DeviceCommand {

    /** The least number of runs for a meaningful median. */
    private static final int LEAST_RUNS = 9;
    private static final int FLOAT_BITS = 32;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Option(names = "--arch", paramLabel = "NAME", defaultValue = "resnet18", description = "Architecture (default: resnet18).")
    private String archName;

    @Mixin
    private VariantOption variantOption;

    @Option(names = "--mode", paramLabel = "MODE", defaultValue = "infer",
            description = "infer, train, or train-head: last block and head, the rest frozen (default: infer).")
    private Mode mode;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "16", description = "Images per batch (default: 16).")
    private int batch;

    @Option(names = "--size", paramLabel = "PIXELS", description = "Image side (default: 224; CIFAR: 32).")
    private @Nullable Integer size;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "9",
            description = "Steps to measure (default and minimum: 9).")
    private int runs;

    @Option(names = "--warm-up", paramLabel = "SECONDS", defaultValue = "2",
            description = "Minimum warm-up; extended until timings are steady (default: 2).")
    private double warmUp;

    @Option(names = "--plain", description = "Scalar loops, without the Vector API.")
    private boolean plain;

    @Option(names = "--profile", description = "Adds the time of each operator; on OpenCL of each kernel, by the device's clock.")
    private boolean profile;

    @Override
    public Integer call() {
        Architecture architecture = variantOption.of(Architectures.byName(archName));
        int side = size == null ? Architectures.nativeSize(architecture) : size;
        Failure.ifBelow("--batch", batch, 1);
        Failure.ifBelow("--size", side, 1);
        Failure.ifBelow("--runs", runs, LEAST_RUNS);
        if (!(warmUp >= 0)) {
            throw new Failure("--warm-up: expected 0 or more seconds, got " + warmUp);
        }
        if (plain && spec.commandLine().getParseResult().hasMatchedOption("--device")) {
            throw new Failure("--plain selects scalar loops on the CPU, --device a device; give one of them");
        }
        try (Device device = open()) {
            ResNet net = ResNet.of(architecture, device, Architectures.nativeClasses(architecture), 0);
            try (NetworkStep step = NetworkStep.of(net, mode, batch, side)) {
                measure(step, device, describe(net, side));
            }
        }
        return 0;
    }

    private Device open() {
        return plain ? Device.of(CpuBackend.scalar(deviceOptions.threads())) : deviceOptions.open(output, profile);
    }

    private ObjectNode describe(ResNet net, int side) {
        output.text(String.format(Locale.ROOT, "%s, %s, batch %d of %d×%d pixels, on %s, Java %s", net.architecture(),
                Choice.spelling(mode), batch, side, side, net.device().description(), Runtime.version()));
        return OutputOptions.object().put("arch", net.architecture().name()).put("mode", Choice.spelling(mode))
                .put("batch", batch).put("size", side).put("device", net.device().description())
                .put("threads", deviceOptions.threads()).put("species", species(net.device().backend()))
                .put("java", Runtime.version().toString());
    }

    /** The width of the CPU backend's vectors, or "plain" without vectors; null for other backends. */
    private static @Nullable String species(Backend backend) {
        return !(backend instanceof CpuBackend cpu) ? null
                : cpu.lanes() == 1 ? "plain" : cpu.lanes() * FLOAT_BITS + "-bit";
    }

    private void measure(NetworkStep step, Device device, ObjectNode json) {
        device.warmUp(mode != Mode.INFER);
        step.run();
        long startToFirst = System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime();
        OperatorTimes operators = new OperatorTimes();
        boolean timesKernels = device.backend().profile().isPresent();
        device.backend().setOperatorListener(profile && !timesKernels ? operators : null);
        SteadyTiming timing;
        try (Progress progress = new Progress()) {
            timing = SteadyTiming.of(step::run, warmUp, runs, (before, measured) -> {
                if (measured == 0) {
                    operators.reset();
                    device.backend().profile().ifPresent(DeviceProfile::resetKernelTimes);
                }
                progress.step("runs", measured, runs);
            });
        }
        device.backend().setOperatorListener(null);
        List<KernelTime> kernels = device.backend().profile().map(DeviceProfile::kernelTimes).orElse(List.of());
        // Read before the product of large matrices, whose memory must not count.
        OptionalDouble memory = PeakMemory.mebibytes();
        double peak = MatmulPeak.measure(device.backend());
        double median = timing.median();
        double images = 1e3 * batch / median;
        double gflops = step.flops() / (1e6 * median);

        output.text(String.format(Locale.ROOT,
                "median %.2f ms, minimum %.2f ms, spread %.1f %% of %d runs, after %d warm-up runs%s", median, timing.min(),
                100 * timing.spread(), runs, timing.warmUpRuns(), timing.steady() ? "" : ", not yet steady"));
        output.text(String.format(Locale.ROOT, "%.1f images/s, %.1f GFLOP/s: %.0f %% of a large matrix product's %.1f GFLOP/s",
                images, gflops, 100 * gflops / peak, peak));
        output.text(String.format(Locale.ROOT, "first step done %d ms after the JVM's start%s", startToFirst,
                memory.isEmpty() ? "" : String.format(Locale.ROOT, "; peak memory %.0f MiB", memory.getAsDouble())));
        json.put("runs", runs).put("median_ms", median).put("min_ms", timing.min()).put("spread", timing.spread())
                .put("images_per_second", images).put("gflops", gflops).put("matmul_gflops", peak)
                .put("peak_rss_mib", memory.isEmpty() ? null : (Double) memory.getAsDouble())
                .put("start_to_first_step_ms", startToFirst).put("warm_up_runs", timing.warmUpRuns())
                .put("steady", timing.steady());
        if (!kernels.isEmpty()) {
            KernelTable table = new KernelTable(kernels, device.backend().profile().orElseThrow().peaks(), runs);
            table.lines().forEach(output::text);
            table.addTo(json);
        } else if (profile) {
            OperatorTable table = new OperatorTable(operators.longestFirst(), runs);
            table.lines().forEach(output::text);
            json.set("operators", table.json());
        }
        output.result(json);
    }
}
