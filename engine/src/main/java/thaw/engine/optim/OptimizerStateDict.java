package thaw.engine.optim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.kernels.Shape;

/** Converts the state of an {@link Optimizer} to tensors and strings for a file, and back. */
final class OptimizerStateDict {

    private static final String STEP = "step";
    private static final String LR_SCALE = "lr_scale";
    /** A state's name, the index of the group and that of the parameter. */
    private static final Pattern PLACE = Pattern.compile("(.+)\\.(\\d+)\\.(\\d+)");

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
            String group = "group." + i + ".";
            metadata.put(group + "name", g.name());
            metadata.put(group + "parameters", String.valueOf(g.parameters().size()));
            g.options().forEach((option, value) -> metadata.put(group + option, String.valueOf(value)));
            for (int j = 0; j < g.parameters().size(); j++) {
                String place = "." + i + "." + j;
                Optimizer.State state = optimizer.stateOf(g.parameters().get(j));
                state.tensors.forEach((name, t) -> tensors.put(name + place, StoredTensor.of(t.shape(), t.toFloats())));
                if (state.steps > 0) {
                    tensors.put(STEP + place, StoredTensor.ofLongs(Shape.SCALAR, new long[] {state.steps}));
                }
                if (state.lrScale != 1) {
                    tensors.put(LR_SCALE + place, StoredTensor.ofDoubles(Shape.SCALAR, new double[] {state.lrScale}));
                }
            }
        }
        return Weights.of(tensors, metadata);
    }

    /** Checks everything before the first change. */
    void load(Weights saved) {
        List<Map<String, Double>> options = options(saved);
        saved.forEach((name, tensor) -> {
            Matcher place = place(name);
            boolean number = place.group(1).equals(STEP) || place.group(1).equals(LR_SCALE);
            Shape expected = number ? Shape.SCALAR : parameter(place).shape();
            if (!tensor.shape().equals(expected) && tensor.shape().rank() > 0) {
                throw refusal(name + " of the loaded state is " + tensor.shape() + ", expected " + expected);
            }
        });
        optimizer.close();
        for (int i = 0; i < options.size(); i++) {
            options.get(i).forEach(optimizer.groups().get(i)::setPresent);
        }
        saved.forEach((name, tensor) -> {
            Matcher place = place(name);
            Tensor p = parameter(place);
            switch (place.group(1)) {
                case STEP -> optimizer.stateOf(p).steps = tensor.toLongs()[0];
                case LR_SCALE -> optimizer.stateOf(p).lrScale = tensor.toDoubles()[0];
                default -> (tensor.shape().equals(p.shape()) ? optimizer.state(p, place.group(1))
                        : optimizer.scalar(p, place.group(1))).set(tensor.toFloats());
            }
        });
    }

    private Matcher place(String name) {
        Matcher place = PLACE.matcher(name);
        if (!place.matches()) {
            throw refusal("expected a state such as momentum_buffer.0.1, got " + name + "; it is not an optimizer's state");
        }
        return place;
    }

    private Tensor parameter(Matcher place) {
        int group = Integer.parseInt(place.group(2));
        int index = Integer.parseInt(place.group(3));
        if (group >= optimizer.groups().size() || index >= optimizer.groups().get(group).parameters().size()) {
            throw refusal(place.group() + " of the loaded state belongs to no parameter; the file is damaged");
        }
        return optimizer.groups().get(group).parameters().get(index);
    }

    /** The options of each group, after checking that the loaded state has the same optimizer, groups and options. */
    private List<Map<String, Double>> options(Weights saved) {
        List<ParamGroup> groups = optimizer.groups();
        int count = Integer.parseInt(text(saved, "groups"));
        if (!text(saved, "optimizer").equals(optimizer.name())) {
            throw refusal("the loaded state is of " + text(saved, "optimizer") + "; create that optimizer, or start this one"
                    + " without a state");
        }
        if (count != groups.size()) {
            throw refusal("loaded state dict has a different number of parameter groups: " + count
                    + " parameter groups, this optimizer has " + groups.size()
                    + "; create it with the same groups as the saved one");
        }
        List<Map<String, Double>> options = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ParamGroup g = groups.get(i);
            String group = "group." + i + ".";
            int parameters = Integer.parseInt(text(saved, group + "parameters"));
            if (parameters != g.parameters().size()) {
                throw refusal("loaded state dict contains a parameter group that doesn't match the size of optimizer's group:"
                        + " group " + i + " (\"" + text(saved, group + "name") + "\") has " + parameters
                        + " parameters, this optimizer's group \"" + g.name() + "\" has " + g.parameters().size());
            }
            Map<String, Double> values = new TreeMap<>();
            g.options().keySet().forEach(option -> values.put(option, number(text(saved, group + option))));
            optimizer.check(g.with(values));
            options.add(values);
        }
        return options;
    }

    /** A number; Files of version 0.1 may have {@code true} and {@code false} for 1 and 0. */
    private static double number(String text) {
        return switch (text) {
            case "true" -> 1;
            case "false" -> 0;
            default -> Double.parseDouble(text);
        };
    }

    private String text(Weights saved, String key) {
        String value = saved.metadata().get(key);
        if (value == null) {
            throw refusal("the loaded state has no \"" + key + "\" in its metadata; it is not an optimizer's state, or was"
                    + " written without its metadata");
        }
        return value;
    }

    private IllegalArgumentException refusal(String reason) {
        return new IllegalArgumentException(optimizer.name() + ": " + reason);
    }
}
