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
 * What one step of a network asks of a graphics card, with images of 224 × 224 pixels: launches, operations, and bytes that
 * kernels read and write. Bounds are a few percent above what is counted; who lowers a count lowers its bound.
 */
class DryDeviceTest {

    /** What {@code warmUp} has compiled by other threads is what a step asks for. */
    @ParameterizedTest
    @CsvSource({"resnet50, TRAIN, 64", "resnet18, TRAIN, 16", "resnet50, INFER, 1"})
    void mostProgramsAreCompiledAhead(String arch, Mode mode, int batch) {
        DryQueue queue = new DryQueue(DryQueue.H100);
        OpenClBackend backend = new OpenClBackend(queue, Tuning.usual(queue.device()));
        backend.warmUp(mode.trains());
        try (Device device = Device.of(backend)) {
            ResNet net = ResNet.of(Architecture.byName(arch), device, 1000, 0);
            Set<String> ahead = queue.built();
            queue.reset();
            try (NetworkStep step = NetworkStep.of(net, mode, batch, 224)) {
                step.run();
                Set<String> late = queue.used();
                int all = late.size();
                late.removeAll(ahead);
                System.out.println(arch + mode + batch + " ahead " + ahead.size() + " used " + all + " late " + late);
                assertTrue(late.size() <= all / 4, () -> "not compiled ahead: " + late);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "resnet50, TRAIN, 64, 9999, 9999, 9999, 99",
        "resnet50, TRAIN, 1, 9999, 9999, 9999, 99",
        "resnet50, INFER, 64, 9999, 9999, 9999, 99",
        "resnet18, TRAIN, 16, 9999, 9999, 9999, 99",
    })
    void aStepStaysWithinItsBounds(String arch, Mode mode, int batch, int launches, int gflop, double gigabytes, int programs) {
        DryQueue queue = new DryQueue(DryQueue.H100);
        try (Device device = Device.of(new OpenClBackend(queue, Tuning.usual(queue.device())))) {
            ResNet net = ResNet.of(Architecture.byName(arch), device, 1000, 0);
            try (NetworkStep step = NetworkStep.of(net, mode, batch, 224)) {
                queue.reset();
                step.run();
                int compiled = queue.used().size();
                // The second step finds what the first has kept, such as the terms of fixed normalisations.
                queue.reset();
                step.run();
                List<KernelTime> kernels = queue.kernels();
                String table = kernels.stream().map(k -> String.format(Locale.ROOT, "%5d launches %8.1f GFLOP %7.3f GB  %s", k.runs(),
                        k.flops() / 1e9, k.bytes() / 1e9, k.kernel())).collect(Collectors.joining("\n", "\n", "\n"));
                System.out.println(arch + mode + batch + " programs " + compiled + " launches " + kernels.stream().mapToLong(KernelTime::runs).sum() +  " gflop " + kernels.stream().mapToDouble(KernelTime::flops).sum() / 1e9 + " gb " + kernels.stream().mapToDouble(KernelTime::bytes).sum() / 1e9);
                System.out.println(table);
                assertTrue(kernels.stream().mapToLong(KernelTime::runs).sum() <= launches, table);
                assertTrue(kernels.stream().mapToDouble(KernelTime::flops).sum() <= 1e9 * gflop, table);
                assertTrue(kernels.stream().mapToDouble(KernelTime::bytes).sum() <= 1e9 * gigabytes, table);
                assertTrue(compiled <= programs, table);
            }
        }
    }
}
