package thaw.engine.nn;

import java.util.List;
import java.util.Map;
import thaw.engine.Scope;
import thaw.engine.Tensor;

/** Modules one after the other. What lies between two of them is released as soon as the graph doesn't need it. */
public final class Sequential extends Module {

    /** The modules' names are their places: 0, 1, … */
    public Sequential(Module... modules) {
        this(List.of(modules));
    }

    public Sequential(List<? extends Module> modules) {
        for (int i = 0; i < modules.size(); i++) {
            child(String.valueOf(i), modules.get(i));
        }
    }

    /** @param modules by name, in the order of the map */
    public Sequential(Map<String, ? extends Module> modules) {
        modules.forEach(this::child);
    }

    @Override
    public Tensor forward(Tensor x) {
        return run(children().values(), x);
    }

    /** The value of the last module, each having been given that of the one before; {@code x} if there are none. */
    public static Tensor run(Iterable<? extends Module> modules, Tensor x) {
        try (Scope scope = x.device().scope()) {
            Tensor y = x;
            for (Module m : modules) {
                Tensor next = m.call(y);
                if (next != y) {
                    scope.release(y);
                }
                y = next;
            }
            return scope.keep(y);
        }
    }

    /**
     * The {@code i}-th module.
     *
     * @throws IndexOutOfBoundsException if there are fewer
     */
    public Module get(int i) {
        return List.copyOf(children().values()).get(i);
    }

    public int size() {
        return children().size();
    }
}
