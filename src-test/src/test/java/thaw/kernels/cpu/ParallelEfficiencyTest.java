package thaw.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import thaw.Extent;
import thaw.engine.Device;
import thaw.finetune.bench.Mode;
import thaw.finetune.bench.NetworkStep;
import thaw.kernels.cpu.microkernel.BlockLoops;
import thaw.kernels.cpu.parallel.Workers;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

/**
 * How evenly the operators of a step divide among more threads than the machine has cores. The jobs of a step run on one thread, as
 * they are divided for {@code n}. With {@code k} items of the same length, the busiest of {@code n} threads has {@code ⌈k/n⌉}: a job
 * that takes one thread {@code t} takes {@code n} threads {@code t·⌈k/n⌉/k}, and the efficiency of a step is
 * <pre>
 * Σ t / (n · Σ t·⌈k/n⌉/k)        over all jobs
 * </pre>
 * It does not count what caches, memory and the waiting at a job's end cost. {@link #main} prints it for all networks.
 */
class ParallelEfficiencyTest {

    private static final int STEPS = 8;

    /** Reports a number of threads, runs all items on the calling thread, and adds up the time of one thread and of all. */
    private static final class Counting extends Workers {

        private final int threads;
        private boolean busy;
        /** Nanoseconds and items of each job of a step. */
        private List<double[]> jobs = new ArrayList<>();

        Counting(int threads) {
            super(1);
            this.threads = threads;
        }

        @Override
        public int threads() {
            return threads;
        }

        @Override
        public void run(int items, Task task) {
            boolean inner = busy;
            busy = true;
            long start = System.nanoTime();
            for (int i = 0; i < items; i++) {
                task.run(i);
            }
            if (!inner && items > 0) {
                jobs.add(new double[] {System.nanoTime() - start, items});
            }
            busy = inner;
        }
    }

    /** @param alone the share of a step's time on one thread that is outside of jobs */
    private record Efficiency(double efficiency, double alone) {
    }

    private static Efficiency measure(String arch, Mode mode, int batch, int threads) {
        Counting workers = new Counting(threads);
        try (Device device = Device.of(new CpuBackend(workers, new BlockLoops(VectorSupport.lanes(), true)))) {
            device.warmUp(mode != Mode.INFER);
            try (NetworkStep step = NetworkStep.of(ResNet.of(Architecture.byName(arch), device, 1000, 0), mode, batch, 224)) {
                // The first steps also rearrange weights that are kept.
                List<double[]> shortest = List.of();
                double alone = 1;
                for (int i = 0; i < STEPS; i++) {
                    workers.jobs = new ArrayList<>();
                    long start = System.nanoTime();
                    step.run();
                    alone = Math.min(alone, 1 - workers.jobs.stream().mapToDouble(job -> job[0]).sum() / (System.nanoTime() - start));
                    // A job that the system interrupts would weigh too much.
                    for (int j = 0; shortest.size() == workers.jobs.size() && j < shortest.size(); j++) {
                        workers.jobs.get(j)[0] = Math.min(workers.jobs.get(j)[0], shortest.get(j)[0]);
                    }
                    shortest = workers.jobs;
                }
                double one = shortest.stream().mapToDouble(job -> job[0]).sum();
                double all = shortest.stream().mapToDouble(job -> job[0] / job[1] * Math.ceil(job[1] / threads)).sum();
                return new Efficiency(one / (threads * all), alone);
            }
        }
    }

    @BeforeAll
    static void vectors() {
        assumeTrue(CpuBackend.hasVectors(), "the Vector API is missing: run Java with --add-modules jdk.incubator.vector");
    }

    static List<Arguments> cases() {
        return Extent.everyNth(4, Stream.of(arguments("resnet18", Mode.INFER, 16, 32), arguments("resnet50", Mode.INFER, 16, 32),
                arguments("resnet18", Mode.TRAIN, 16, 32), arguments("resnet50", Mode.TRAIN, 8, 16)));
    }

    @ParameterizedTest(name = "{0} {1}, batch {2}, {3} threads")
    @MethodSource("cases")
    void threadsAreBusy(String arch, Mode mode, int batch, int threads) {
        Efficiency e = measure(arch, mode, batch, threads);
        assertTrue(e.efficiency >= 0.85, () -> "efficiency " + e.efficiency);
    }

    /** Prints a table of efficiencies, and the share of the time outside of jobs. */
    public static void main(String[] args) {
        // For Java to compile what is not in jobs.
        measure("resnet18", Mode.TRAIN, 1, 8);
        for (String arch : List.of("resnet18", "resnet50")) {
            for (Mode mode : List.of(Mode.INFER, Mode.TRAIN)) {
                for (int batch : mode == Mode.INFER ? new int[] {1, 16, 64} : new int[] {16}) {
                    StringBuilder row = new StringBuilder("| " + arch + " " + mode + " batch " + batch);
                    double alone = 0;
                    for (int threads : new int[] {8, 16, 32, 64}) {
                        Efficiency e = measure(arch, mode, batch, threads);
                        row.append(String.format(Locale.ROOT, " | %.0f %%", 100 * e.efficiency));
                        alone = e.alone;
                    }
                    System.out.println(row.append(String.format(Locale.ROOT, " | %.1f %% |", 100 * alone)));
                }
            }
        }
    }
}
