package thaw.engine.nn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.kernels.Shape;

/** The parameters, buffers and counters of a module by name, each module's own before its children's. */
final class StateDict {

    private final Map<String, Slot> slots = new LinkedHashMap<>();

    /** A place for a value. */
    private sealed interface Slot {
        Shape shape();

        default boolean takes(Shape given) {
            return given.equals(shape());
        }

        StoredTensor copy();

        void load(StoredTensor value);
    }

    private record Numbers(Tensor tensor) implements Slot {
        @Override
        public Shape shape() {
            return tensor.shape();
        }

        @Override
        public StoredTensor copy() {
            return StoredTensor.of(tensor.shape(), tensor.toFloats());
        }

        @Override
        public void load(StoredTensor value) {
            tensor.set(value.floats());
        }
    }

    private record Counter(AtomicLong count) implements Slot {
        @Override
        public Shape shape() {
            return Shape.SCALAR;
        }

        /** Some programs write it as a vector of one element. */
        @Override
        public boolean takes(Shape given) {
            return given.size() == 1;
        }

        @Override
        public StoredTensor copy() {
            return StoredTensor.ofLongs(Shape.SCALAR, new long[] {count.get()});
        }

        @Override
        public void load(StoredTensor value) {
            count.set((long) value.toDoubles()[0]);
        }
    }

    static StateDict of(Module module) {
        StateDict dict = new StateDict();
        module.visit("", (path, m) -> {
            m.ownParameters().forEach((name, t) -> dict.slots.put(Module.join(path, name), new Numbers(t)));
            m.ownBuffers().forEach((name, t) -> dict.slots.put(Module.join(path, name), new Numbers(t)));
            m.ownCounters().forEach((name, c) -> dict.slots.put(Module.join(path, name), new Counter(c)));
        });
        return dict;
    }

    LinkedHashMap<String, StoredTensor> copy() {
        LinkedHashMap<String, StoredTensor> copy = new LinkedHashMap<>();
        slots.forEach((name, slot) -> copy.put(name, slot.copy()));
        return copy;
    }

    LoadReport load(Map<String, ? extends StoredTensor> state, boolean strict) {
        LoadReport report = compare(state);
        if (strict && !report.isExact()) {
            throw new IllegalArgumentException("loadStateDict: the weights are of another architecture, nothing was loaded.\n"
                    + report);
        }
        slots.forEach((name, slot) -> {
            StoredTensor value = state.get(name);
            if (value != null && slot.takes(value.shape())) {
                slot.load(value);
            }
        });
        return report;
    }

    private LoadReport compare(Map<String, ? extends StoredTensor> state) {
        List<String> missing = new ArrayList<>();
        List<LoadReport.ShapeMismatch> otherShape = new ArrayList<>();
        slots.forEach((name, slot) -> {
            StoredTensor value = state.get(name);
            if (value == null) {
                // files from before PyTorch 0.4.1 have no num_batches_tracked
                if (!(slot instanceof Counter)) {
                    missing.add(name);
                }
            } else if (!slot.takes(value.shape())) {
                otherShape.add(new LoadReport.ShapeMismatch(name, slot.shape(), value.shape()));
            }
        });
        List<String> unexpected = state.keySet().stream().filter(name -> !slots.containsKey(name)).map(String::valueOf).toList();
        return new LoadReport(missing, unexpected, otherShape);
    }
}
