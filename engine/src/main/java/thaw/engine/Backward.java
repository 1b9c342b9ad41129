package thaw.engine;

import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;
import thaw.kernels.Array;
import thaw.kernels.Backend;

/**
 * Reverse-mode differentiation. Visits each function once, from the result towards the leaves, when all gradients of its
 * value have arrived. Iterative rather than recursive, so that the depth of a graph is unlimited; a function's saved
 * arrays are freed as soon as its gradients are computed, and the gradient of its value with them.
 */
final class Backward {

    private final Backend on;
    private final ReluRule reluRule;
    private final Map<Function, Array> pending = new IdentityHashMap<>();
    private final PriorityQueue<Function> ready = new PriorityQueue<>(Comparator.comparingLong(Function::number).reversed());

    private Backward(Backend on, ReluRule reluRule) {
        this.on = on;
        this.reluRule = reluRule;
    }

    /** @param gradient the gradient with respect to {@code result}; ownership is taken over */
    static void run(Tensor result, Array gradient, ReluRule reluRule) {
        new Backward(result.device().backend(), reluRule).flow(result, gradient);
    }

    ReluRule reluRule() {
        return reluRule;
    }

    private void flow(Tensor result, Array gradient) {
        try {
            deliver(result, gradient);
            for (Function f = ready.poll(); f != null; f = ready.poll()) {
                Array gy = pending.remove(f);
                try {
                    spread(f, f.inputGradients(this, gy));
                } finally {
                    gy.release();
                }
                f.free();
            }
        } finally {
            pending.values().forEach(Array::release);
        }
    }

    private void spread(Function f, Array[] gradients) {
        int i = 0;
        try {
            while (i < gradients.length) {
                Array g = gradients[i++];
                if (g != null) {
                    deliver(f.input(i - 1), g);
                }
            }
        } finally {
            // non-empty only after a failure
            for (; i < gradients.length; i++) {
                if (gradients[i] != null) {
                    gradients[i].release();
                }
            }
        }
    }

    private void deliver(Tensor t, Array g) {
        if (!g.shape().equals(t.shape())) {
            g.release();
            throw new IllegalStateException("backward: the gradient of a tensor " + t.shape() + " has the shape " + g.shape());
        }
        Function f = t.function();
        if (f == null) {
            t.accumulate(g);
            return;
        }
        Array before = pending.remove(f);
        if (before == null) {
            ready.add(f);
        }
        pending.put(f, before == null ? g : sum(on, before, g));
    }

    /** The gradient that has arrived for a function's value, if nothing else owns it; else null. */
    @Nullable
    Array gradientSoFar(Tensor t) {
        Array before = t.function() == null ? null : pending.get(t.function());
        return before != null && before.storage().isExclusive() ? before : null;
    }

    /** {@code a + b}; takes over both; in place if one of them has a single owner. */
    static Array sum(Backend on, Array a, Array b) {
        Array target = a.storage().isExclusive() ? a : b.storage().isExclusive() ? b : on.copy(a);
        if (target == a) {
            on.add(a, b);
            b.release();
        } else if (target == b) {
            on.add(b, a);
            a.release();
        } else {
            on.add(target, b);
            a.release();
            b.release();
        }
        return target;
    }
}
