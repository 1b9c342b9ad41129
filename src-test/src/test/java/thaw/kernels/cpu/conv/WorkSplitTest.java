package thaw.kernels.cpu.conv;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static thaw.kernels.cpu.memory.Memory.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import thaw.Extent;
import thaw.kernels.Array;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Epilogue;
import thaw.kernels.Shape;
import thaw.kernels.cpu.CpuBackend;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;
import thaw.kernels.cpu.microkernel.BlockLoops;
import thaw.kernels.cpu.norm.VectorLaneLoops;
import thaw.kernels.cpu.parallel.Workers;

/**
 * Tests that the convolutions of ResNet-18 and ResNet-50 are divided evenly into items at batch 1, also on more threads than the
 * machine has cores. The measure is the busiest thread's share over the mean, of the job with the most items, which is the one
 * that multiplies. Results must not depend on the number of threads.
 */
class WorkSplitTest {

    private static final List<Integer> THREADS = Extent.everyNth(2, Stream.of(2, 4, 8, 16, 32, 64));
    private static final double SHARE = 4 / 3.0;

    /** Reports a given number of threads, runs all items on the calling thread, and records the number of items per job. */
    private static final class Counting extends Workers {

        final int threads;
        final List<Integer> jobs = new ArrayList<>();

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
            jobs.add(items);
            for (int i = 0; i < items; i++) {
                task.run(i);
            }
        }

        int most() {
            int most = jobs.stream().mapToInt(Integer::intValue).max().orElseThrow();
            jobs.clear();
            return most;
        }
    }

    @BeforeAll
    static void vectors() {
        assumeTrue(CpuBackend.hasVectors(), "the Vector API is missing: run Java with --add-modules jdk.incubator.vector");
    }

    @ParameterizedTest(name = "{0} to {1} channels at {2}, {3}×{3} stride {4}")
    @CsvSource({"3,64,224,7,2", "64,64,56,3,1", "128,128,28,3,1", "256,256,14,3,1", "512,512,7,3,1",
        "64,128,56,3,2", "128,256,28,3,2", "256,512,14,3,2", "64,128,56,1,2", "128,256,28,1,2", "256,512,14,1,2",
        "64,64,56,1,1", "64,256,56,1,1", "256,64,56,1,1", "256,128,56,1,1", "512,128,28,1,1", "128,512,28,1,1",
        "1024,256,14,1,1", "256,1024,14,1,1", "2048,512,7,1,1", "512,2048,7,1,1", "256,512,56,1,2", "1024,2048,14,1,2"})
    void everyThreadGetsItsShare(int inputs, int outputs, int size, int filter, int stride) {
        List<float[]> first = null;
        for (int threads : THREADS) {
            List<float[]> results = split(new Counting(threads), inputs, outputs, size, filter, stride);
            for (int i = 0; first != null && i < results.size(); i++) {
                assertArrayEquals(first.get(i), results.get(i), "result " + i + " with " + threads + " threads");
            }
            first = results;
        }
    }

    private static List<float[]> split(Counting workers, int inputs, int outputs, int size, int filter, int stride) {
        int lanes = new VectorLaneLoops().lanes();
        Memory memory = new Memory(workers, lanes);
        BlockedConvolution convolution = new BlockedConvolution(memory, workers, new BlockLoops(lanes, true));
        Conv2dOptions options = Conv2dOptions.of(stride, filter / 2);
        Shape xShape = Shape.of(1, inputs, size, size);
        Shape wShape = Shape.of(outputs, inputs, filter, filter);
        CpuArray x = inputs == 3 ? memory.rowMajor(xShape) : memory.blocked(xShape);
        CpuArray w = memory.rowMajor(wShape);
        fill(x);
        fill(w);
        List<float[]> results = new ArrayList<>();
        Array y = convolution.conv2d(x, w, Epilogue.NONE, options);
        results.add(values(memory, y));
        // The second call is measured, because the first one also packs or transforms the weights.
        workers.jobs.clear();
        results.add(values(memory, convolution.conv2d(x, w, Epilogue.NONE, options)));
        even("forward", workers);
        if (inputs > 3) {
            results.add(values(memory, convolution.conv2dInputGradient(y, w, xShape, options)));
            workers.jobs.clear();
            results.add(values(memory, convolution.conv2dInputGradient(y, w, xShape, options)));
            even("gradient of the input", workers);
        }
        results.add(values(memory, convolution.conv2dWeightGradient(y, x, wShape, options)));
        even("gradient of the weight", workers);
        return results;
    }

    private static float[] values(Memory memory, Array array) {
        float[] values = new float[array.shape().size()];
        memory.scatter(cpu(array), values);
        return values;
    }

    private static void fill(CpuArray x) {
        for (int i = 0; i < x.length(); i++) {
            x.data()[i] = (i * 7919 % 1000) / 500f - 1;
        }
    }

    private static void even(String what, Counting workers) {
        int threads = workers.threads;
        int items = workers.most();
        double share = (items + threads - 1) / threads * (double) threads / items;
        assertTrue(share <= SHARE, () -> what + ": " + items + " items on " + threads + " threads: the busiest has "
                + share + " times its share");
    }
}
