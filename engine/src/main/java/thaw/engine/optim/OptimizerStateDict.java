package thaw.engine.optim;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.kernels.Array;
import thaw.kernels.Shape;

/** Converts the state of an {@link Optimizer} to tensors and strings for a file, and back. */
final class OptimizerStateDict {

    private static final String STEP = "step";

    private final Optimizer optimizer;

    OptimizerStateDict(Optimizer optimizer) {
        this.optimizer = optimizer;
    }

    Weights save() {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        Map<String, String> metadata = new LinkedHashMap<>();
        List<ParamGroup> groups = optimizer.groups();
        metadata.put("optimizer", optimizer.name());
        metadata.put("groups", String.valueOf(groups.size()));
        for (int i = 0; i < groups.size(); i++) {
            ParamGroup g = groups.get(i);
            metadata.put(option(i, "name"), g.name());
            metadata.put(option(i, "parameters"), String.valueOf(g.parameters().size()));
            for (Option o : optimizer.defaults().keySet()) {
                metadata.put(option(i, o.key()), o.text(g.get(o)));
            }
            for (int j = 0; j < g.parameters().size(); j++) {
                save(g.parameters().get(j), "." + i + "." + j, tensors);
            }
        }
        return Weights.of(tensors, metadata);
    }

    private void save(Tensor p, String place, Map<String, StoredTensor> tensors) {
        for (String name : optimizer.arrayNames()) {
            Array array = optimizer.state.get(p, name);
            if (array != null) {
                float[] values = new float[p.shape().size()];
                p.device().backend().read(array, values);
                tensors.put(name + place, StoredTensor.of(p.shape(), values));
            }
        }
        if (optimizer.state.steps(p) > 0) {
            tensors.put(STEP + place, StoredTensor.ofLongs(Shape.SCALAR, new long[] {optimizer.state.steps(p)}));
        }
    }

    void load(Weights saved) {
        requireSameLayout(saved);
        optimizer.state.clear();
        for (int i = 0; i < optimizer.groups().size(); i++) {
            ParamGroup g = optimizer.groups().get(i);
            for (Option o : optimizer.defaults().keySet()) {
                g.set(o, o.parse(text(saved, option(i, o.key()))));
            }
            for (int j = 0; j < g.parameters().size(); j++) {
                load(g.parameters().get(j), "." + i + "." + j, saved);
            }
        }
    }

    private void load(Tensor p, String place, Weights saved) {
        for (String name : optimizer.arrayNames()) {
            StoredTensor array = saved.get(name + place);
            if (array != null) {
                optimizer.state.put(p, name, p.device().backend().of(p.shape(), array.toFloats()));
            }
        }
        StoredTensor steps = saved.get(STEP + place);
        if (steps != null) {
            optimizer.state.steps(p, steps.toLongs()[0]);
        }
    }

    private void requireSameLayout(Weights saved) {
        List<ParamGroup> groups = optimizer.groups();
        int count = Integer.parseInt(text(saved, "groups"));
        if (!text(saved, "optimizer").equals(optimizer.name())) {
            throw new IllegalArgumentException(optimizer.name() + ": the loaded state is of " + text(saved, "optimizer")
                    + "; create that optimizer, or start this one without a state");
        }
        if (count != groups.size()) {
            throw new IllegalArgumentException(optimizer.name() + ": loaded state dict has a different number of parameter"
                    + " groups: " + count + " parameter groups, this optimizer has " + groups.size()
                    + "; create it with the same groups as the saved one");
        }
        for (int i = 0; i < count; i++) {
            ParamGroup g = groups.get(i);
            int parameters = Integer.parseInt(text(saved, option(i, "parameters")));
            if (parameters != g.parameters().size()) {
                throw new IllegalArgumentException(optimizer.name() + ": loaded state dict contains a parameter group that"
                        + " doesn't match the size of optimizer's group: group " + i + " (\"" + text(saved, option(i, "name"))
                        + "\") has " + parameters + " parameters, this optimizer's group \"" + g.name() + "\" has "
                        + g.parameters().size());
            }
            for (Option o : optimizer.defaults().keySet()) {
                o.checked(g.name(), o.parse(text(saved, option(i, o.key()))));
            }
            for (int j = 0; j < parameters; j++) {
                for (String name : optimizer.arrayNames()) {
                    requireShape(saved, name + "." + i + "." + j, g.parameters().get(j).shape());
                }
                requireShape(saved, STEP + "." + i + "." + j, Shape.SCALAR);
            }
        }
    }

    private void requireShape(Weights saved, String name, Shape expected) {
        StoredTensor array = saved.get(name);
        if (array != null && !array.shape().equals(expected)) {
            throw new IllegalArgumentException(optimizer.name() + ": " + name + " of the loaded state is " + array.shape()
                    + ", expected " + expected);
        }
    }

    private String text(Weights saved, String key) {
        String value = saved.metadata().get(key);
        if (value == null) {
            throw new IllegalArgumentException(optimizer.name() + ": the loaded state has no \"" + key + "\" in its metadata; it"
                    + " is not an optimizer's state, or was written without its metadata");
        }
        return value;
    }

    private static String option(int group, String option) {
        return "group." + group + "." + option;
    }
}
