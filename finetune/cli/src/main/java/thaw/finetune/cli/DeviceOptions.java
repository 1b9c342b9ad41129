package thaw.finetune.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;
import thaw.engine.Device;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.ClassifierOptions;
import thaw.kernels.ComputeThreads;

/** The options {@code --device} and {@code --threads}. */
final class DeviceOptions {

    /** Before {@link OutputOptions} and after all other options in the help. */
    private static final int LAST = 1;

    private static final class NameConverter implements ITypeConverter<String> {
        @Override
        public String convert(String value) {
            if (!value.matches("auto|cpu|reference|opencl(:\\d{1,4})?")) {
                throw new TypeConversionException("expected auto, cpu, opencl, opencl:N or reference, got '" + value
                        + "'; thaw devices lists them");
            }
            return value;
        }
    }

    @Option(names = "--device", paramLabel = "NAME", defaultValue = "auto", converter = NameConverter.class, order = LAST,
            description = "auto, cpu, opencl, opencl:N (see thaw devices), or reference: slow, float64 (default: auto).")
    private String name;

    @Option(names = "--threads", paramLabel = "N", order = LAST, description = "Compute threads (default: one per core).")
    private @Nullable Integer threads;

    int threads() {
        int count = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
        Failure.ifBelow("--threads", count, 1);
        return count;
    }

    /** Opens the device; the caller closes it. */
    Device open(OutputOptions output) {
        return open(output, false);
    }

    /**
     * Opens the device; the caller closes it.
     *
     * @param profiled whether the device times its kernels, if it can; ignored for {@code auto}
     */
    Device open(OutputOptions output, boolean profiled) {
        Device device = profiled && !name.equals("auto")
                ? Device.of(Device.provider(name).openProfiled(name, ComputeThreads.of(threads()))) : Device.open(name, threads());
        hint(output, device);
        return device;
    }

    /** The settings of a classifier on the device. */
    ClassifierOptions classifier() {
        return Classifier.options().device(name).threads(threads());
    }

    /** Notes how to enable the Vector API if the device is a CPU and its module is missing. */
    static void hint(OutputOptions output, Device device) {
        if (device.description().startsWith("cpu")) {
            hint(output);
        }
    }

    /** Notes how to enable the Vector API if its module is missing. */
    static void hint(OutputOptions output) {
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            output.note("slow without the Vector API; use ./thaw, or java --add-modules jdk.incubator.vector -jar thaw.jar …");
        }
    }
}
