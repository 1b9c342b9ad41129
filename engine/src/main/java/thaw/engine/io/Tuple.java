package thaw.engine.io;

import java.util.List;

/**
 * A Python tuple out of a pickle. Its equality is identity, on purpose: a crafted pickle can nest tuples so deep that
 * comparing their elements would exhaust the call stack.
 */
final class Tuple {

    static final Tuple EMPTY = new Tuple(List.of());

    private final List<Object> items;

    /** @param items may hold nulls; not to be changed any more */
    Tuple(List<Object> items) {
        this.items = items;
    }

    List<Object> items() {
        return items;
    }

    int size() {
        return items.size();
    }

    Object get(int i) {
        return items.get(i);
    }
}
