package thaw.engine.io;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An object of a Python class that is not known here, such as {@code argparse.Namespace}: what the pickle says of it, as
 * plain data. The class is never looked up and nothing of it is ever run. Equality is identity.
 */
final class PickledObject {

    private final String type;
    private final Tuple args;
    private Map<Object, Object> items = Map.of();
    private Object state;

    /**
     * @param type the class or function that would make it, with its module
     * @param args what that would be called with
     */
    PickledObject(String type, Tuple args) {
        this.type = type;
        this.args = args;
    }

    String type() {
        return type;
    }

    Tuple args() {
        return args;
    }

    /** The items of a class that extends dict. */
    Map<?, ?> items() {
        return items;
    }

    /** The same, for more to be added. */
    Map<Object, Object> growingItems() {
        if (items.isEmpty()) {
            items = new LinkedHashMap<>();
        }
        return items;
    }

    /** The value that BUILD sets, normally the dict of its fields; null if nothing does. */
    Object state() {
        return state;
    }

    void setState(Object state) {
        this.state = state;
    }

    /** A field, or null. */
    Object field(String name) {
        return state instanceof Map<?, ?> fields ? fields.get(name) : null;
    }
}
