package thaw.finetune.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;
import thaw.engine.Device;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.ClassifierOptions;
import thaw.kernels.opencl.OpenClBackend;
import thaw.kernels.opencl.OpenClDevices;

/** The options {@code --device} and {@code --threads}. */
final class DeviceOptions {

    private static final String OPENCL = "opencl";

    private enum Kind { AUTO, CPU, OPENCL, REFERENCE }

    /**
     * The parsed value of {@code --device}.
     *
     * @param text  the value
     * @param index an OpenCL device's, or -1 for the best one
     */
    private record Name(String text, Kind kind, int index) {
    }

    private static final class NameConverter implements ITypeConverter<Name> {
        @Override
        public Name convert(String value) {
            return switch (value) {
                case "auto" -> new Name(value, Kind.AUTO, -1);
                case "cpu" -> new Name(value, Kind.CPU, -1);
                case OPENCL -> new Name(value, Kind.OPENCL, -1);
                case "reference" -> new Name(value, Kind.REFERENCE, -1);
                default -> {
                    if (!value.matches(OPENCL + ":\\d{1,4}")) {
                        throw new TypeConversionException("expected auto, cpu, opencl, opencl:N or reference, got '" + value
                                + "'; thaw devices lists them");
                    }
                    yield new Name(value, Kind.OPENCL, Integer.parseInt(value.substring(OPENCL.length() + 1)));
                }
            };
        }
    }

    @Option(names = "--device", paramLabel = "NAME", defaultValue = "auto", converter = NameConverter.class,
            description = "auto, cpu, opencl, opencl:N (see thaw devices), or reference: slow, float64 (default: auto).")
    private Name name;

    @Option(names = "--threads", paramLabel = "N", description = "Compute threads (default: one per core).")
    private Integer threads;

    int threads() {
        int count = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
        Counts.require("--threads", count, 1);
        return count;
    }

    /** Opens the device; the caller closes it. */
    Device open(OutputOptions output) {
        return open(output, false);
    }

    /**
     * Opens the device; the caller closes it.
     *
     * @param profiled whether an OpenCL device times its kernels; ignored for {@code auto}
     */
    Device open(OutputOptions output, boolean profiled) {
        int count = threads();
        Device device = switch (name.kind) {
            case AUTO -> Device.auto(count);
            case CPU -> Device.cpu(count);
            case OPENCL -> Device.of(OpenClBackend.open(name.index < 0 ? OpenClDevices.best().index() : name.index,
                    new OpenClBackend.Options(Long.MAX_VALUE, profiled)));
            case REFERENCE -> Device.reference();
        };
        hint(output, device);
        return device;
    }

    /** The settings of a classifier on the device. */
    ClassifierOptions classifier() {
        return Classifier.options().device(name.text).threads(threads());
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
