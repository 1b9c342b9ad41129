package thaw.kernels.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import thaw.kernels.Array;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Epilogue;
import thaw.kernels.Shape;

/**
 * How evenly the convolutions of ResNet-18 and ResNet-50 fall into items at batch 1, on more threads than this machine has
 * cores: of the job with the most items, which multiplies, the busiest thread's share over the mean.
 */
class WorkSplitTest {

    private static final int[] THREADS = {2, 4, 8, 16};
    private static final double SHARE = 1.3;

    /** Does the items itself and notes how many each job has. */
    private static final class Counting extends Workers {

        final List<Integer> jobs = new ArrayList<>();

        Counting() {
            super(1);
        }

        @Override
        void run(int items, Task task) {
            jobs.add(items);
            super.run(items, task);
        }

        int most() {
            int most = jobs.stream().mapToInt(Integer::intValue).max().orElseThrow();
            jobs.clear();
            return most;
        }
    }

    @BeforeAll
    static void vectors() {
        assumeTrue(CpuBackend.hasVectors(), "no Vector API here: run Java with --add-modules jdk.incubator.vector");
    }

    @ParameterizedTest(name = "{0} to {1} channels at {2}, {3}×{3} stride {4}")
    @CsvSource({"3,64,224,7,2", "64,64,56,3,1", "128,128,28,3,1", "256,256,14,3,1", "512,512,7,3,1",
            "64,128,56,3,2", "128,256,28,3,2", "256,512,14,3,2", "64,128,56,1,2", "128,256,28,1,2", "256,512,14,1,2",
            "64,64,56,1,1", "64,256,56,1,1", "256,64,56,1,1", "256,128,56,1,1", "512,128,28,1,1", "128,512,28,1,1",
            "1024,256,14,1,1", "256,1024,14,1,1", "2048,512,7,1,1", "512,2048,7,1,1", "256,512,56,1,2", "1024,2048,14,1,2"})
    void everyThreadGetsItsShare(int inputs, int outputs, int size, int filter, int stride) {
        Counting workers = new Counting();
        Memory memory = new Memory(workers, new VectorLaneLoops().lanes());
        VectorConvolution convolution = new VectorConvolution(memory, workers, new CurrentLoops(TwoVectorTaps.L));
        Conv2dOptions options = Conv2dOptions.of(stride, filter / 2);
        Shape xShape = Shape.of(1, inputs, size, size);
        Shape wShape = Shape.of(outputs, inputs, filter, filter);
        CpuArray x = inputs == 3 ? memory.rowMajor(xShape) : memory.blocked(xShape);
        CpuArray w = memory.rowMajor(wShape);
        Array y = convolution.conv2d(x, w, Epilogue.bias(null), options);
        // Once more, since at first the weights are packed, or transformed.
        workers.jobs.clear();
        convolution.conv2d(x, w, Epilogue.bias(null), options).release();
        even("forward", workers.most());
        if (inputs > 3) {
            convolution.inputGradient(y, w, xShape, options).release();
            workers.jobs.clear();
            convolution.inputGradient(y, w, xShape, options).release();
            even("gradient of the input", workers.most());
        }
        convolution.weightGradient(y, x, wShape, options).release();
        even("gradient of the weight", workers.most());
    }

    private static void even(String what, int items) {
        for (int threads : THREADS) {
            double share = (items + threads - 1) / threads * (double) threads / items;
            assertTrue(share <= SHARE, () -> what + ": " + items + " items on " + threads + " threads: the busiest has "
                    + share + " times its share");
        }
    }
}
