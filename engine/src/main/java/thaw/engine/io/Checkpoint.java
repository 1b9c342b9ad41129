package thaw.engine.io;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Finds a model's state dict in what a training program saved. */
final class Checkpoint {

    /**
     * Where training programs put it, in order of preference: where there are both, the trained weights come before their
     * moving average.
     */
    private static final List<String> NAMES = List.of("state_dict", "model_state_dict", "model", "net", "network",
            "model_state", "weights", "state_dict_ema", "model_ema", "ema");

    /** Lightning and the like nest once or twice. */
    private static final int DEEPEST = 8;

    private Checkpoint() {
    }

    /**
     * The tensors of the state dict, and the numbers and strings that stand beside it and around it.
     *
     * @throws WeightFileException if there is none, or which of several is meant can't be known
     */
    static Weights weights(Object saved, String file) throws WeightFileException {
        if (!(saved instanceof Map<?, ?> dict)) {
            throw new WeightFileException(file + ": a single " + kind(saved) + " was saved, where a dict of named tensors is"
                    + " expected; save a model's state_dict()");
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        for (int depth = 0; depth < DEEPEST; depth++) {
            Map<?, ?> inner = inner(dict, file);
            if (inner == null) {
                return split(dict, metadata);
            }
            dict.forEach((key, value) -> note(key, value, metadata));
            dict = inner;
        }
        throw new WeightFileException(file + ": its dicts nest deeper than " + DEEPEST + "; save a model's state_dict()");
    }

    /** The dict within this one that leads to the state dict; null if this is it. */
    private static Map<?, ?> inner(Map<?, ?> dict, String file) throws WeightFileException {
        for (String name : NAMES) {
            if (dict.get(name) instanceof Map<?, ?> inner && (hasTensor(inner) || hasNamedDict(inner))) {
                return inner;
            }
        }
        if (hasTensor(dict)) {
            return null;
        }
        List<Map<?, ?>> candidates = new ArrayList<>();
        List<String> names = new ArrayList<>();
        dict.forEach((key, value) -> {
            if (value instanceof Map<?, ?> inner && hasTensor(inner)) {
                candidates.add(inner);
                names.add(WeightFileException.quote(String.valueOf(key)));
            }
        });
        if (candidates.size() == 1) {
            return candidates.get(0);
        }
        throw new WeightFileException(file + (candidates.isEmpty() ? ": has no tensors"
                : ": has several dicts of tensors, " + String.join(", ", names.subList(0, Math.min(10, names.size())))
                + "; which one is the model's can't be known") + "; save a model's state_dict()");
    }

    private static boolean hasTensor(Map<?, ?> dict) {
        return dict.values().stream().anyMatch(TorchTensor.class::isInstance);
    }

    private static boolean hasNamedDict(Map<?, ?> dict) {
        return NAMES.stream().anyMatch(name -> dict.get(name) instanceof Map);
    }

    private static Weights split(Map<?, ?> dict, Map<String, String> metadata) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        dict.forEach((key, value) -> {
            if (key instanceof String name && value instanceof TorchTensor tensor) {
                tensors.put(name, tensor);
            } else {
                note(key, value, metadata);
            }
        });
        return Weights.of(tensors, metadata);
    }

    /** Keeps a plain value; a tensor of one element beside the state dict, such as a best accuracy, counts as one. */
    private static void note(Object key, Object value, Map<String, String> metadata) {
        if (!(key instanceof String name)) {
            return;
        }
        if (value instanceof String || value instanceof Number || value instanceof Boolean) {
            metadata.putIfAbsent(name, value.toString());
        } else if (value instanceof TorchTensor t && t.shape().size() == 1) {
            metadata.putIfAbsent(name, t.dtype().isFloating() ? Double.toString(t.toDoubles()[0])
                    : Long.toString(t.dtype().integer(t.bytes(), 0)));
        }
    }

    private static String kind(Object o) {
        if (o instanceof TorchTensor) {
            return "tensor";
        }
        return o instanceof List ? "list" : o instanceof Tuple ? "tuple" : "value";
    }
}
