package thaw.engine.io;

import java.util.List;

/**
 * A Python tuple of a pickle. Equality is identity, because a crafted pickle can nest tuples so deep that comparing their
 * elements would overflow the call stack.
 */
final class Tuple {

    static final Tuple EMPTY = new Tuple(List.of());

    private final List<Object> items;

    /** @param items may contain nulls; must not be modified afterwards */
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
