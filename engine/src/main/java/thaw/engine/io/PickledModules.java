package thaw.engine.io;

import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The pickled {@code torch.nn.Module}s of a checkpoint. A module's state dict is built from its fields as
 * {@code Module.state_dict} does: parameters, then persistent buffers, then those of each child, prefixed by the child's
 * name and a dot.
 */
final class PickledModules {

    private static final int DEEPEST = 64;
    private static final int LONGEST_NAME = 1000;
    /** Bounds on the walk, which can be longer than the pickle, because several modules may share a child. */
    private static final int LONGEST_WALK = 100_000;
    private static final int MOST_CHARACTERS = 1 << 20;

    private final Map<PickledObject, Map<String, Object>> known = new IdentityHashMap<>();
    private int steps;
    private int characters;

    static boolean is(PickledObject object) {
        return object.field("_parameters") instanceof Map && object.field("_buffers") instanceof Map
                && object.field("_modules") instanceof Map;
    }

    /**
     * The state dict of a pickled module. Repeated calls with one module return the same map.
     *
     * @throws WeightFileException if the modules are nested or repeated beyond the bounds, which no genuine model reaches
     */
    Map<String, Object> stateDict(PickledObject module) throws WeightFileException {
        Map<String, Object> tensors = known.get(module);
        if (tensors == null) {
            tensors = new LinkedHashMap<>();
            add(module, "", 0, tensors);
            known.put(module, tensors);
        }
        return tensors;
    }

    private void add(PickledObject module, String prefix, int depth, Map<String, Object> tensors) throws WeightFileException {
        for (Map.Entry<?, ?> e : ((Map<?, ?>) module.field("_parameters")).entrySet()) {
            put(step(prefix, e.getKey(), depth), e.getValue(), tensors);
        }
        Set<String> notPersistent = new HashSet<>();
        if (module.field("_non_persistent_buffers_set") instanceof List<?> names) {
            steps += names.size();
            names.stream().filter(String.class::isInstance).forEach(name -> notPersistent.add((String) name));
        }
        for (Map.Entry<?, ?> e : ((Map<?, ?>) module.field("_buffers")).entrySet()) {
            String name = step(prefix, e.getKey(), depth);
            if (!notPersistent.contains(e.getKey())) {
                put(name, e.getValue(), tensors);
            }
        }
        for (Map.Entry<?, ?> e : ((Map<?, ?>) module.field("_modules")).entrySet()) {
            String name = step(prefix, e.getKey(), depth);
            if (e.getValue() instanceof PickledObject child && is(child)) {
                add(child, name + ".", depth + 1, tensors);
            }
        }
    }

    private String step(String prefix, Object key, int depth) throws WeightFileException {
        String name = key instanceof String text && text.length() <= LONGEST_NAME ? prefix + text : null;
        characters += name == null ? 0 : name.length();
        if (name == null || name.length() > LONGEST_NAME || depth > DEEPEST || ++steps > LONGEST_WALK
                || characters > MOST_CHARACTERS) {
            throw new WeightFileException("the modules of the pickled model are nested too deep, have too long names"
                    + " or are too many; save its state_dict() instead");
        }
        return name;
    }

    private static void put(String name, Object value, Map<String, Object> tensors) {
        if (value != null) {
            tensors.put(name, value);
        }
    }
}
