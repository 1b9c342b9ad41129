package thaw.engine.optim;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.kernels.Array;

/** What an {@link SGD} has to remember, as tensors and strings for a file. */
final class SGDState {

    private SGDState() {
    }

    static Weights save(List<ParamGroup> groups, Map<Tensor, Array> momentumBuffers) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("groups", String.valueOf(groups.size()));
        for (int i = 0; i < groups.size(); i++) {
            ParamGroup g = groups.get(i);
            metadata.put(key(i, "name"), g.name());
            metadata.put(key(i, "parameters"), String.valueOf(g.parameters().size()));
            metadata.put(key(i, "lr"), String.valueOf(g.lr()));
            metadata.put(key(i, "momentum"), String.valueOf(g.momentum()));
            metadata.put(key(i, "dampening"), String.valueOf(g.dampening()));
            metadata.put(key(i, "weight_decay"), String.valueOf(g.weightDecay()));
            metadata.put(key(i, "nesterov"), String.valueOf(g.nesterov()));
            metadata.put(key(i, "maximize"), String.valueOf(g.maximize()));
            for (int j = 0; j < g.parameters().size(); j++) {
                Tensor p = g.parameters().get(j);
                Array buffer = momentumBuffers.get(p);
                if (buffer != null) {
                    float[] values = new float[p.shape().size()];
                    p.device().backend().read(buffer, values);
                    tensors.put(bufferKey(i, j), StoredTensor.of(p.shape(), values));
                }
            }
        }
        return Weights.of(tensors, metadata);
    }

    static void load(Weights state, List<ParamGroup> groups, Map<Tensor, Array> momentumBuffers) {
        requireSameLayout(state, groups);
        momentumBuffers.values().forEach(Array::release);
        momentumBuffers.clear();
        for (int i = 0; i < groups.size(); i++) {
            ParamGroup g = groups.get(i);
            g.lr(number(state, i, "lr")).momentum(number(state, i, "momentum")).dampening(number(state, i, "dampening"))
                    .weightDecay(number(state, i, "weight_decay"))
                    .nesterov(Boolean.parseBoolean(text(state, key(i, "nesterov"))))
                    .maximize(Boolean.parseBoolean(text(state, key(i, "maximize"))));
            for (int j = 0; j < g.parameters().size(); j++) {
                StoredTensor buffer = state.get(bufferKey(i, j));
                if (buffer != null) {
                    Tensor p = g.parameters().get(j);
                    momentumBuffers.put(p, p.device().backend().of(p.shape(), buffer.toFloats()));
                }
            }
        }
    }

    private static void requireSameLayout(Weights state, List<ParamGroup> groups) {
        int count = Integer.parseInt(text(state, "groups"));
        if (count != groups.size()) {
            throw new IllegalArgumentException("SGD: the loaded state has " + count + " parameter groups, this optimizer has "
                    + groups.size() + "; make it with the same groups as the one that was saved");
        }
        for (int i = 0; i < count; i++) {
            ParamGroup g = groups.get(i);
            int parameters = Integer.parseInt(text(state, key(i, "parameters")));
            if (parameters != g.parameters().size()) {
                throw new IllegalArgumentException("SGD: group " + i + " (\"" + text(state, key(i, "name"))
                        + "\") of the loaded state has " + parameters + " parameters, this optimizer's group \"" + g.name()
                        + "\" has " + g.parameters().size());
            }
            for (String option : List.of("lr", "momentum", "dampening", "weight_decay")) {
                number(state, i, option);
            }
            for (int j = 0; j < parameters; j++) {
                StoredTensor buffer = state.get(bufferKey(i, j));
                if (buffer != null && !buffer.shape().equals(g.parameters().get(j).shape())) {
                    throw new IllegalArgumentException("SGD: " + bufferKey(i, j) + " of the loaded state is " + buffer.shape()
                            + ", the parameter is " + g.parameters().get(j).shape());
                }
            }
        }
    }

    private static double number(Weights state, int group, String option) {
        return Double.parseDouble(text(state, key(group, option)));
    }

    private static String text(Weights state, String key) {
        String value = state.metadata().get(key);
        if (value == null) {
            throw new IllegalArgumentException("SGD: the loaded state has no \"" + key + "\" in its metadata; it is no"
                    + " optimizer's state, or was written without its metadata");
        }
        return value;
    }

    private static String key(int group, String option) {
        return "group." + group + "." + option;
    }

    private static String bufferKey(int group, int parameter) {
        return "momentum_buffer." + group + "." + parameter;
    }
}
