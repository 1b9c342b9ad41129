package thaw.kernels.opencl;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import thaw.engine.Device;
import thaw.finetune.bench.Mode;
import thaw.finetune.bench.NetworkStep;
import thaw.kernels.KernelTime;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

/**
 * Bounds of one step of a network on a graphics card, with images of 224 × 224 pixels: launches, operations, bytes that
 * kernels read and write, and programs. A launch counts each of its arrays once, read or written, as if its cache kept what
 * several work-groups read; the next launch counts it again. Bounds are at most 2 % above the counts; a change that lowers a
 * count lowers its bound.
 */
class DryDeviceTest {

    private static final int SIDE = 224;
    private static final int CLASSES = 1000;

    private final DryQueue queue = new DryQueue(DryQueue.H100);
    private final OpenClBackend backend = new OpenClBackend(queue, Tuning.usual(queue.device()));

    @ParameterizedTest
    @CsvSource({
        "resnet50, TRAIN, 64, 500, 1163, 51.6, 31",
        "resnet50, TRAIN,  1, 449,   22, 1.69, 38",
        "resnet50, INFER, 64,  97,  390, 11.3, 16",
        "resnet50, INFER,  1,  97,  7.2, 0.33, 18",
        "resnet18, TRAIN, 16, 257,   70, 5.9, 32",
    })
    void aStepStaysWithinItsBounds(String arch, Mode mode, int batch, long launches, double gflop, double gigabytes, int programs) {
        try (Device device = Device.of(backend);
                NetworkStep step = NetworkStep.of(ResNet.of(Architecture.byName(arch), device, CLASSES, 0), mode, batch, SIDE)) {
            queue.reset();
            step.run();
            Set<String> used = queue.used();
            // The second step finds what the first has kept, such as transformed weights.
            step.run();
            queue.reset();
            step.run();
            List<KernelTime> kernels = queue.kernels();
            long runs = kernels.stream().mapToLong(KernelTime::runs).sum();
            double operations = kernels.stream().mapToDouble(KernelTime::flops).sum() / 1e9;
            double moved = kernels.stream().mapToDouble(KernelTime::bytes).sum() / 1e9;
            String table = kernels.stream().map(k -> String.format(Locale.ROOT, "%5d launches %8.1f GFLOP %7.3f GB  %s%n", k.runs(),
                    k.flops() / 1e9, k.bytes() / 1e9, k.kernel())).collect(Collectors.joining());
            String counted = String.format(Locale.ROOT, "%d launches, %.2f GFLOP, %.3f GB, %d programs:%n%s", runs, operations, moved,
                    used.size(), table);
            assertTrue(runs <= launches && operations <= gflop && moved <= gigabytes && used.size() <= programs, counted);
        }
    }

    /** {@code warmUp} has three quarters of the programs of a step compiled ahead. */
    @ParameterizedTest
    @CsvSource({"resnet50, TRAIN, 64", "resnet18, TRAIN, 16", "resnet50, INFER, 1"})
    void mostProgramsAreCompiledAhead(String arch, Mode mode, int batch) {
        backend.warmUp(mode.trains());
        try (Device device = Device.of(backend);
                NetworkStep step = NetworkStep.of(ResNet.of(Architecture.byName(arch), device, CLASSES, 0), mode, batch, SIDE)) {
            Set<String> ahead = queue.built();
            queue.reset();
            step.run();
            Set<String> late = queue.used();
            int all = late.size();
            late.removeAll(ahead);
            assertTrue(late.size() <= all / 4, () -> late.size() + " of " + all + " are not: " + late);
        }
    }
}
