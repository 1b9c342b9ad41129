package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import thaw.kernels.cpu.CpuBackend;
import thaw.kernels.opencl.OpenClDevice;
import thaw.kernels.opencl.OpenClDevices;
import thaw.kernels.opencl.OpenClException;

/** {@code thaw devices}: lists the compute devices, or the reason why there is no OpenCL. */
@Command(name = "devices", sortOptions = false, customSynopsis = "thaw devices [OPTIONS]",
        description = "Lists the compute devices: names for --device.",
        footer = {"", "Example: thaw devices"})
final class DevicesCommand implements Callable<Integer> {

    private static final long MEBIBYTE = 1 << 20;
    private static final long KIBIBYTE = 1 << 10;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        ObjectNode json = OutputOptions.object();
        int threads = Runtime.getRuntime().availableProcessors();
        try (CpuBackend cpu = CpuBackend.create(threads)) {
            output.text("cpu        " + cpu.description().replaceFirst("^cpu, ", ""));
            json.putObject("cpu").put("name", "cpu").put("description", cpu.description()).put("threads", threads)
                    .put("vector_floats", cpu.lanes());
        }
        ArrayNode devices = json.putArray("opencl");
        try {
            List<OpenClDevice> found = OpenClDevices.list();
            found.forEach(device -> {
                output.text(text(device));
                add(devices.addObject(), device);
            });
            json.putNull("opencl_problem");
        } catch (OpenClException none) {
            output.text("no opencl  " + none.getMessage().replaceFirst("^OpenCL: ", ""));
            json.put("opencl_problem", none.getMessage());
        }
        output.result(json);
        return 0;
    }

    private static String text(OpenClDevice d) {
        return String.format(Locale.ROOT, """
                opencl:%-3d %s
                           %s of %s; driver %s, %s on platform %s
                           %d compute units at %d MHz, work-groups of up to %d, floats preferred in vectors of %d
                           memory %,d MiB%s, largest allocation %,d MiB, local %,d KiB""",
                d.index(), d.name(), d.type().label(), d.vendor(), d.driver(), d.version(), d.platform(),
                d.computeUnits(), d.clockMHz(), d.largestWorkGroup(), d.preferredFloatWidth(),
                d.memory() / MEBIBYTE, d.sharesHostMemory() ? " (shared with the processor)" : "",
                d.largestAllocation() / MEBIBYTE, d.localMemory() / KIBIBYTE);
    }

    /** Adds a device to the JSON result; memory sizes are in bytes. */
    private static void add(ObjectNode json, OpenClDevice d) {
        json.put("name", "opencl:" + d.index()).put("device", d.name()).put("type", d.type().label()).put("vendor", d.vendor())
                .put("platform", d.platform()).put("platform_version", d.platformVersion()).put("version", d.version())
                .put("driver", d.driver()).put("compute_units", d.computeUnits()).put("clock_mhz", d.clockMHz())
                .put("memory", d.memory()).put("largest_allocation", d.largestAllocation())
                .put("local_memory", d.localMemory()).put("preferred_float_width", d.preferredFloatWidth())
                .put("largest_work_group", d.largestWorkGroup()).put("shares_host_memory", d.sharesHostMemory());
    }
}
