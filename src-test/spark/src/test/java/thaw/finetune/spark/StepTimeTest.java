package thaw.finetune.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The tables of {@code step-time.md} are those of its formula. */
class StepTimeTest {
    private static final List<Integer> WORKERS = List.of(2, 4, 8, 16, 32, 64);
    private static final List<Integer> GIGABITS = List.of(1, 10);

    /** Seconds before a message's first byte, over TCP in one data centre. */
    private static final double LATENCY = 50e-6;
    /** Most bytes a second that {@code SocketRing} sends, receives and adds; measured between two processes of one machine. */
    private static final double RING_RATE = 1.23e9;
    /** The backward pass computes two of a step's three products of each layer. */
    private static final double BACKWARD = 2.0 / 3;

    /**
     * A network's training step on one worker.
     *
     * @param parameters of the last stage with the head, …, of the first stage with the stem; the stages take equally long
     * @param seconds    without communication
     */
    private record Step(String name, long[] parameters, double seconds) {

        Step {
            parameters = parameters.clone();
        }

        /** Seconds of a ring's sum of {@code count} gradients; {@code width} bytes each on the network. */
        static double sum(double count, int workers, int gigabits, int width) {
            double rate = Math.min(gigabits * 1e9 / 8, RING_RATE);
            return 2 * (workers - 1) * (LATENCY + count * width / workers / rate);
        }

        double afterwards(int workers, int gigabits) {
            return seconds + sum(LongStream.of(parameters).sum(), workers, gigabits, Float.BYTES) + flag(workers);
        }

        /** Seconds of the sum of one number, whether a worker stops. */
        private static double flag(int workers) {
            return sum(0, workers, 1, Float.BYTES);
        }

        /** A stage's sum begins when its gradients are there and the sum of the stage after it has ended. */
        double overlapped(int workers, int gigabits, int width) {
            double computed = seconds * (1 - BACKWARD);
            double summed = 0;
            for (long stage : parameters) {
                computed += seconds * BACKWARD / parameters.length;
                summed = Math.max(computed, summed) + sum(stage, workers, gigabits, width);
            }
            return summed + flag(workers);
        }

        String percent(double step) {
            return Math.round(100 * seconds / step) + "";
        }
    }

    private static final long[] RESNET18 = {8_906_728, 2_099_712, 525_568, 157_504};
    private static final long[] RESNET50 = {17_013_736, 7_098_368, 1_219_584, 225_344};

    /** README's two cores, and 64 of them, busy for 85 and 94 % of the time. */
    private static final List<Step> STEPS = List.of(
            new Step("ResNet-18, 16 images, 2 cores, 603 ms", RESNET18, 0.603),
            new Step("ResNet-50, 16 images, 2 cores, 2026 ms", RESNET50, 2.026),
            new Step("ResNet-18, 16 images, 64 cores, 22 ms", RESNET18, 0.603 / 32 / 0.85),
            new Step("ResNet-50, 16 images, 64 cores, 67 ms", RESNET50, 2.026 / 32 / 0.94));

    private static String row(String name, List<String> cells) {
        return "| " + name + " | " + String.join(" | ", cells) + " |";
    }

    private static String table() {
        return STEPS.stream().flatMap(step -> GIGABITS.stream().map(gigabits -> row(step.name() + ", " + gigabits + " Gbit/s",
                WORKERS.stream().map(n -> step.percent(step.afterwards(n, gigabits)) + ", "
                        + step.percent(step.overlapped(n, gigabits, Float.BYTES))).toList())))
                .collect(Collectors.joining("\n"));
    }

    private static String compressed() {
        return STEPS.stream().map(step -> row(step.name(), IntStream.range(0, 4).mapToObj(i -> step.percent(
                step.overlapped(64, GIGABITS.get(i / 2), i % 2 == 0 ? Float.BYTES : Short.BYTES))).toList()))
                .collect(Collectors.joining("\n"));
    }

    @Test
    void thePageHasTheTables() throws IOException {
        String page = Files.readString(Path.of("step-time.md"));
        assertTrue(page.contains(table()), table());
        assertTrue(page.contains(compressed()), compressed());
    }

    /** The limits: a network without bounds costs a step nothing but latency and sums, and one worker nothing at all. */
    @Test
    void theFormulaHasItsLimits() {
        Step step = STEPS.get(0);
        assertEquals(step.seconds(), step.afterwards(1, 1), 1e-12);
        // Measured between two processes: 38 ms, and 86 ms for ResNet-50.
        assertEquals(0.038, Step.sum(11_689_512, 2, 100, 4), 0.001);
        assertEquals(0.086, Step.sum(25_557_032, 2, 100, 4), 0.004);
        assertEquals(step.seconds(), step.overlapped(1, 1, 4), 1e-12);
        assertEquals(11_689_512, LongStream.of(RESNET18).sum());
        assertEquals(25_557_032, LongStream.of(RESNET50).sum());
        // 46.8 MB over 1 Gbit/s take 0.374 s; a ring of many sends them twice.
        assertEquals(2 * 0.374, Step.sum(11_689_512, 1_000_000, 1, 4) - 2 * 1e6 * LATENCY, 0.005);
    }
}
