package thaw.finetune.cli;

import picocli.CommandLine.Option;
import thaw.engine.Device;

/** On what a command computes. */
final class DeviceOptions {

    enum Kind { AUTO, CPU, REFERENCE }

    @Option(names = "--device", paramLabel = "NAME", defaultValue = "auto",
            description = "auto, cpu, or reference: slow, float64 (default: auto).")
    private Kind kind;

    @Option(names = "--threads", paramLabel = "N", description = "Threads to compute with (default: one a core).")
    private Integer threads;

    int threads() {
        int count = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
        Counts.require("--threads", count, 1);
        return count;
    }

    /** The device, to be closed by the caller. */
    Device open(OutputOptions output) {
        int count = threads();
        if (kind == Kind.REFERENCE) {
            return Device.reference();
        }
        hint(output);
        return Device.cpu(count);
    }

    /** How to make Thaw faster, where the Vector API's module is missing. */
    static void hint(OutputOptions output) {
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            output.note("faster with the Vector API: java --add-modules jdk.incubator.vector -jar thaw.jar …, as ./thaw has it");
        }
    }
}
