package thaw.engine;

import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.PriorityQueue;
import thaw.kernels.Array;
import thaw.kernels.Backend;

/**
 * Reverse-mode differentiation: from the result towards the leaves, each function once, when all that its value went
 * into has been seen. A loop and no recursion, so that a graph may be as deep as it likes; what a function saved is
 * freed as soon as its gradients are there, and the gradient of its value with it.
 */
final class Backward {

    private final Backend on;
    private final Map<Function, Array> pending = new IdentityHashMap<>();
    private final PriorityQueue<Function> ready = new PriorityQueue<>(Comparator.comparingLong(Function::number).reversed());

    private Backward(Backend on) {
        this.on = on;
    }

    /** @param gradient the gradient with respect to {@code result}, taken over */
    static void run(Tensor result, Array gradient) {
        new Backward(result.device().backend()).flow(result, gradient);
    }

    private void flow(Tensor result, Array gradient) {
        try {
            deliver(result, gradient);
            for (Function f = ready.poll(); f != null; f = ready.poll()) {
                Array gy = pending.remove(f);
                try {
                    spread(f, f.inputGradients(gy));
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
            // only after a failure is there anything left
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
            throw new IllegalStateException("backward: the gradient of a tensor " + t.shape() + " came as " + g.shape());
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

    /** {@code a + b}, both taken over; in place where nobody else sees it. */
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
