package thaw.engine.io;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An instance of an unknown Python class, such as {@code argparse.Namespace}, with its pickled content as plain data. The
 * class is never looked up, and none of its code is run. Equality is identity.
 */
final class PickledObject {

    private final String type;
    private final Tuple args;
    private Map<Object, Object> items = Map.of();
    private Object state;

    /**
     * @param type the class or function that Python would call, with its module
     * @param args the arguments of that call
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

    /** The items, if the class extends dict; otherwise empty. */
    Map<?, ?> items() {
        return items;
    }

    /** The items, as a map to which more can be added. */
    Map<Object, Object> growingItems() {
        if (items.isEmpty()) {
            items = new LinkedHashMap<>();
        }
        return items;
    }

    /** The value set by the pickle opcode BUILD, normally the dict of the object's fields; null if there was none. */
    Object state() {
        return state;
    }

    void setState(Object state) {
        this.state = state;
    }

    /** The value of a field, or null if there is none. */
    Object field(String name) {
        return state instanceof Map<?, ?> fields ? fields.get(name) : null;
    }
}
