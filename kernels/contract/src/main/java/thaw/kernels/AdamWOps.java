package thaw.kernels;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The update rule of AdamW. */
public interface AdamWOps {

    /** The constants of one AdamW update of a parameter group; see {@link Backend#adamW}. */
    record Options(double lr, double beta1, double beta2, double eps, double weightDecay, boolean maximize) {
    }

    /**
     * In place: one step of AdamW (Loshchilov and Hutter 2019, algorithm 2) on all parameters of a group, each with its
     * gradient {@code g}, its moments {@code m} and {@code v} (initially zero) and the number {@code t} of this step,
     * from 1:
     * <pre>
     * g ← −g                          if maximize
     * p ← p − lr·weightDecay·p
     * m ← beta1·m + (1 − beta1)·g
     * v ← beta2·v + (1 − beta2)·g²
     * p ← p − lr · m/(1 − beta1^t) / (√(v/(1 − beta2^t)) + eps)
     * </pre>
     *
     * @param foundInf see {@link SgdOps#sgd(SgdOps.Options, List, List, List, boolean[], Array)}
     */
    void adamW(Options options, List<Array> parameters, List<Array> gradients, List<Array> firstMoments,
            List<Array> secondMoments, long[] steps, @Nullable Array foundInf);

    /** The same step, without a condition. */
    default void adamW(Options options, List<Array> parameters, List<Array> gradients, List<Array> firstMoments,
            List<Array> secondMoments, long[] steps) {
        adamW(options, parameters, gradients, firstMoments, secondMoments, steps, null);
    }
}
