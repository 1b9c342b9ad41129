package thaw.engine.io;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A whole {@code torch.nn.Module} out of a pickle. Its state dict is what {@code Module.state_dict} makes of the fields that
 * every module has: parameters, then persistent buffers, then the same of each child under the child's name and a dot.
 */
final class PickledModule {

    private static final int DEEPEST = 64;
    private static final int LONGEST_NAME = 1000;
    /** A child may stand in several places, so that the walk can be longer than the pickle. */
    private static final int LONGEST_WALK = 1_000_000;

    private final Map<Object, Object> tensors = new LinkedHashMap<>();
    private int steps;

    private PickledModule() {
    }

    static boolean is(PickledObject object) {
        return object.field("_parameters") instanceof Map && object.field("_buffers") instanceof Map
                && object.field("_modules") instanceof Map;
    }

    /** @throws UnpicklingException if its modules nest or repeat beyond what a model's do */
    static Map<Object, Object> stateDict(PickledObject module) throws UnpicklingException {
        PickledModule walk = new PickledModule();
        walk.add(module, "", 0);
        return walk.tensors;
    }

    private void add(PickledObject module, String prefix, int depth) throws UnpicklingException {
        for (Map.Entry<?, ?> e : ((Map<?, ?>) module.field("_parameters")).entrySet()) {
            put(step(prefix, e.getKey(), depth), e.getValue());
        }
        for (Map.Entry<?, ?> e : ((Map<?, ?>) module.field("_buffers")).entrySet()) {
            String name = step(prefix, e.getKey(), depth);
            // Few modules have such buffers, and none has many.
            boolean isTransient = module.field("_non_persistent_buffers_set") instanceof List<?> names
                    && names.size() <= LONGEST_NAME && names.contains(e.getKey());
            if (!isTransient) {
                put(name, e.getValue());
            }
        }
        for (Map.Entry<?, ?> e : ((Map<?, ?>) module.field("_modules")).entrySet()) {
            String name = step(prefix, e.getKey(), depth);
            if (e.getValue() instanceof PickledObject child && is(child)) {
                add(child, name + ".", depth + 1);
            }
        }
    }

    private String step(String prefix, Object key, int depth) throws UnpicklingException {
        String name = key instanceof String text && text.length() <= LONGEST_NAME ? prefix + text : null;
        if (name == null || name.length() > LONGEST_NAME || depth > DEEPEST || ++steps > LONGEST_WALK) {
            throw new UnpicklingException("the modules of the model that was saved nest deeper, have longer names or are more"
                    + " than those of a model; save its state_dict() instead");
        }
        return name;
    }

    private void put(String name, Object value) {
        if (value != null) {
            tensors.put(name, value);
        }
    }
}
