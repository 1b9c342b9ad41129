package thaw.engine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The gradient graph behind a tensor, as text for drawing. */
public final class Graph {

    private Graph() {
    }

    /**
     * The graph that {@link Tensor#backward()} visits, in Graphviz's DOT language: a box for each function with the shape of its value, an
     * ellipse for each leaf that requires a gradient, and an arrow from each input to the function's value. Inputs without gradients are
     * left out.
     *
     * @throws IllegalStateException if the graph has been freed, by {@code backward()} or by the end of its scope
     */
    public static String toDot(Tensor result) {
        StringBuilder dot = new StringBuilder("digraph {\n");
        List<Tensor> found = new ArrayList<>(List.of(result));
        Map<Tensor, Integer> numbers = new HashMap<>(Map.of(result, 0));
        for (int i = 0; i < found.size(); i++) {
            Tensor t = found.get(i);
            Function f = t.function();
            if (f == null) {
                dot.append("  ").append(i).append(" [label=\"leaf ").append(t.shape()).append("\"];\n");
                continue;
            }
            if (f.isFreed()) {
                throw new IllegalStateException("toDot: the graph behind this tensor (at " + f.name() + ") has been freed; draw it before"
                        + " backward(), and inside its scope");
            }
            String to = " -> " + i + ";\n";
            dot.append("  ").append(i).append(" [shape=box, label=\"").append(f.name()).append(' ').append(t.shape()).append("\"];\n");
            f.forEachInput(input -> {
                int from = numbers.computeIfAbsent(input, added -> {
                    found.add(added);
                    return found.size() - 1;
                });
                dot.append("  ").append(from).append(to);
            });
        }
        return dot.append("}\n").toString();
    }
}
