package thaw.engine.nn;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import thaw.engine.Tensor;

/**
 * A chain of modules. Neighbours are computed together where that saves passes over memory ({@link Fusion}); intermediate
 * results are released as soon as the graph does not need them.
 */
public final class Sequential extends Module {

    private final Fusion fusion;

    /** Names the modules by their positions: 0, 1, … */
    public Sequential(Module... modules) {
        this(List.of(modules));
    }

    /** Names the modules by their positions: 0, 1, … */
    public Sequential(List<? extends Module> modules) {
        for (int i = 0; i < modules.size(); i++) {
            child(String.valueOf(i), modules.get(i));
        }
        fusion = new Fusion(List.copyOf(modules));
    }

    /** @param modules by name, in the order of the map */
    public Sequential(Map<String, ? extends Module> modules) {
        modules.forEach(this::child);
        fusion = new Fusion(List.copyOf(modules.values()));
    }

    @Override
    public Tensor forward(Tensor x) {
        return fusion.run(x);
    }

    @Override
    protected String onnx(OnnxGraph graph, String x) {
        return graph.call(children().values(), x);
    }

    /**
     * Calls each module with the result of the one before, starting with {@code x}; {@code x} itself if there are none. For a
     * chain that is not a module itself, or whose modules are exchanged.
     */
    public static Tensor run(Collection<? extends Module> modules, Tensor x) {
        return new Fusion(List.copyOf(modules)).run(x);
    }

    /**
     * The {@code i}-th module.
     *
     * @throws IndexOutOfBoundsException if there are fewer
     */
    public Module get(int i) {
        return List.copyOf(children().values()).get(i);
    }

    /** The number of modules in the chain. */
    public int size() {
        return children().size();
    }
}
