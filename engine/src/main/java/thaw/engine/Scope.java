package thaw.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Owns the tensors that its thread creates until it is closed, and then releases them:
 * <pre>{@code
 * try (Scope step = device.scope()) {
 *     Tensor loss = crossEntropy(net.forward(images), labels);
 *     loss.backward();
 * }
 * }</pre>
 *
 * <p>Scopes nest. When an inner scope closes, the arrays that the graph needs for its gradients move to the enclosing one.
 * The outermost scope frees all of them that {@link Tensor#backward()} has not freed, except those that a kept tensor's
 * gradient needs. Parameters, buffers and gradients belong to no scope. Without any scope, tensors are garbage-collected.
 * Not thread-safe: a scope belongs to the thread that opened it.
 */
public final class Scope implements AutoCloseable {

    private final Device device;
    private final @Nullable Scope outer;
    private final List<Tensor> tensors = new ArrayList<>();
    private final List<Tensor> kept = new ArrayList<>();
    private List<Function> functions = new ArrayList<>();
    private boolean closed;

    Scope(Device device, @Nullable Scope outer) {
        this.device = device;
        this.outer = outer;
    }

    void own(Tensor t) {
        t.owner = this;
        tensors.add(t);
    }

    void own(Function f) {
        functions.add(f);
    }

    /**
     * Moves a tensor of this scope to the enclosing one. If there is none, the tensor belongs to no scope and lives until
     * it is closed or unreachable. A tensor of another scope is not changed.
     *
     * @return {@code t}
     */
    public Tensor keep(Tensor t) {
        if (t.owner == this) {
            if (outer != null) {
                outer.own(t);
            } else {
                t.owner = null;
                if (t.function() != null) {
                    kept.add(t);
                }
            }
        }
        return t;
    }

    /** Releases a tensor now, if it belongs to this scope and has not been kept; does nothing otherwise. */
    public void release(Tensor t) {
        if (t.owner == this) {
            t.close();
        }
    }

    /** Releases every tensor that was made in this scope, kept ones too: the parts of an object whose constructor failed. */
    public void releaseAll() {
        tensors.forEach(Tensor::close);
    }

    /** Releases every tensor of this scope that has not been kept. Does nothing the second time. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        device.leave(this, outer);
        closed = true;
        for (Tensor t : tensors) {
            if (t.owner == this) {
                t.close();
            }
        }
        tensors.clear();
        functions.removeIf(Function::isFreed);
        if (outer != null) {
            outer.functions.addAll(functions);
        } else {
            kept.removeIf(Tensor::isClosed);
            Set<Function> needed = behind(kept);
            for (Function f : functions) {
                if (!needed.contains(f)) {
                    f.free();
                }
            }
        }
        functions = List.of();
        kept.clear();
    }

    /** The functions of the graph behind these tensors that still hold saved arrays. */
    private static Set<Function> behind(List<Tensor> tensors) {
        Set<Function> found = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Tensor> next = new ArrayDeque<>(tensors);
        while (!next.isEmpty()) {
            Function f = next.pop().function();
            if (f != null && !f.isFreed() && found.add(f)) {
                f.forEachInput(next::push);
            }
        }
        return found;
    }
}
