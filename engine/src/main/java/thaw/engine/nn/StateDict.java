package thaw.engine.nn;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.kernels.Shape;

/** The parameters, buffers and counters of a module by name, each module's own before those of its children. */
final class StateDict {

    private final Map<String, Slot> slots = new LinkedHashMap<>();

    /** The storage of one value in the module. */
    private sealed interface Slot {
        Shape shape();

        default boolean takes(Shape given) {
            return given.equals(shape());
        }

        StoredTensor copy();

        void load(StoredTensor value);

        /** A short description of a fault in a value's numbers, if there is one. */
        default Optional<String> fault(StoredTensor value) {
            return Optional.empty();
        }
    }

    private record Numbers(Tensor tensor, boolean isVariance) implements Slot {
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

        @Override
        public Optional<String> fault(StoredTensor value) {
            if (!value.isFinite()) {
                return Optional.of(count(value, v -> !Float.isFinite(v), "not finite as float32"));
            }
            // Variances are few, so converting them is cheap.
            return isVariance && anyNegative(value.floats()) ? Optional.of(count(value, v -> v < 0,
                    "negative, which a variance can't be"))
                    : Optional.empty();
        }

        private static boolean anyNegative(FloatBuffer values) {
            for (int i = 0; i < values.limit(); i++) {
                if (values.get(i) < 0) {
                    return true;
                }
            }
            return false;
        }

        private static String count(StoredTensor value, Predicate<Float> wrong, String what) {
            float[] values = value.toFloats();
            int[] at = IntStream.range(0, values.length).filter(i -> wrong.test(values[i])).toArray();
            return at.length + " of " + values.length + (at.length == 1 ? " elements is " : " elements are ") + what
                    + ", the first " + value.toDoubles()[at[0]] + " at index " + at[0];
        }
    }

    private record Counter(AtomicLong count) implements Slot {
        @Override
        public Shape shape() {
            return Shape.SCALAR;
        }

        /** Accepts a vector of one element too, which some programs write instead of a scalar. */
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

        @Override
        public Optional<String> fault(StoredTensor value) {
            double number = value.toDoubles()[0];
            return number >= 0 && number == Math.rint(number) && number < Long.MAX_VALUE ? Optional.empty()
                    : Optional.of(number + " is not a count, a whole number of at least 0");
        }
    }

    static StateDict of(Module module) {
        StateDict dict = new StateDict();
        module.visit("", (path, m) -> {
            m.ownParameters().forEach((name, t) -> dict.slots.put(Module.join(path, name), new Numbers(t, false)));
            m.ownBuffers().forEach((name, t) -> dict.slots.put(Module.join(path, name), new Numbers(t, m.isVariance(name))));
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
        if (strict) {
            requireExact("loadStateDict", report);
        }
        requireSound(state);
        forEachFitting(state, (name, value) -> slots.get(name).load(value));
        return report;
    }

    void restore(Map<String, ? extends StoredTensor> state) {
        requireExact("restore", compare(state));
        forEachFitting(state, (name, value) -> slots.get(name).load(value));
    }

    private static void requireExact(String operation, LoadReport report) {
        if (!report.isExact()) {
            throw new IllegalArgumentException(operation + ": the weights are of another architecture, nothing was loaded.\n"
                    + report);
        }
    }

    /** Throws if a matching value has a fault; called before any value is loaded. */
    private void requireSound(Map<String, ? extends StoredTensor> state) {
        Map<String, String> faults = new LinkedHashMap<>();
        forEachFitting(state, (name, value) -> slots.get(name).fault(value).ifPresent(fault -> faults.put(name, fault)));
        faults.entrySet().stream().findFirst().ifPresent(first -> {
            int others = faults.size() - 1;
            throw new IllegalArgumentException(first.getKey() + ": " + first.getValue()
                    + (others == 0 ? "" : ", and " + others + (others == 1 ? " other tensor has" : " other tensors have")
                            + " such")
                    + "; nothing was loaded. The weights are damaged, or training diverged before they were saved:"
                    + " use other weights, or an earlier checkpoint");
        });
    }

    private void forEachFitting(Map<String, ? extends StoredTensor> state, BiConsumer<String, StoredTensor> action) {
        slots.forEach((name, slot) -> {
            StoredTensor value = state.get(name);
            if (value != null && slot.takes(value.shape())) {
                action.accept(name, value);
            }
        });
    }

    private LoadReport compare(Map<String, ? extends StoredTensor> state) {
        List<String> missing = new ArrayList<>();
        List<LoadReport.ShapeMismatch> otherShape = new ArrayList<>();
        slots.forEach((name, slot) -> {
            StoredTensor value = state.get(name);
            if (value == null) {
                // Files from before PyTorch 0.4.1 have no num_batches_tracked.
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
