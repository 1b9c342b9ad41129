package thaw.engine.optim;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import thaw.engine.Tensor;
import thaw.kernels.Array;

/** The state of an optimizer per parameter: arrays of the parameter's shape under PyTorch's names, and the number of updates. */
final class OptimizerState {

    private final Map<Tensor, Map<String, Array>> arrays = new IdentityHashMap<>();
    private final Map<Tensor, Long> steps = new IdentityHashMap<>();

    /** The array of this name, or null if there is none yet. */
    Array get(Tensor p, String name) {
        return arrays.getOrDefault(p, Map.of()).get(name);
    }

    void put(Tensor p, String name, Array array) {
        Array before = arrays.computeIfAbsent(p, key -> new HashMap<>()).put(name, array);
        if (before != null) {
            before.release();
        }
    }

    /** The array of this name, created as zeros if there is none. */
    Array getOrZeros(Tensor p, String name) {
        Array found = get(p, name);
        if (found == null) {
            found = p.device().backend().zeros(p.shape());
            put(p, name, found);
        }
        return found;
    }

    long steps(Tensor p) {
        return steps.getOrDefault(p, 0L);
    }

    void steps(Tensor p, long count) {
        steps.put(p, count);
    }

    void clear() {
        arrays.values().forEach(named -> named.values().forEach(Array::release));
        arrays.clear();
        steps.clear();
    }
}
