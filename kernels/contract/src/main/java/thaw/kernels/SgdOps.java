package thaw.kernels;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The update rule of stochastic gradient descent. */
public interface SgdOps {

    /** The constants of an update of a parameter group; see {@link #sgd}. */
    record Options(double lr, double momentum, double dampening, double weightDecay, boolean nesterov, boolean maximize) {
    }

    /**
     * In place: one SGD step on all parameters of a group, each with its gradient {@code g} and momentum buffer
     * {@code b} (null where momentum is 0). For each parameter {@code p}, in this order:
     * <pre>
     * g ← −g                                          if maximize
     * g ← g + weightDecay·p
     * b ← g                                           if momentum ≠ 0, first step
     * b ← momentum·b + (1 − dampening)·g              if momentum ≠ 0, later
     * g ← g + momentum·b  if nesterov,  else  b       if momentum ≠ 0
     * p ← p − lr·g
     * </pre>
     *
     * @param first    whether a parameter's momentum buffer is still empty
     * @param foundInf a scalar, or null: the step is skipped if it is not 0. The device tests it without a wait on
     *     the host, as in PyTorch's fused optimizers
     */
    void sgd(Options options, List<Array> parameters, List<Array> gradients,
            List<@Nullable Array> momentumBuffers, boolean[] first, @Nullable Array foundInf);

    /** The same step, without a condition. */
    default void sgd(Options options, List<Array> parameters, List<Array> gradients,
            List<@Nullable Array> momentumBuffers, boolean[] first) {
        sgd(options, parameters, gradients, momentumBuffers, first, null);
    }
}
