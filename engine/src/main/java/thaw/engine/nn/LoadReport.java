package thaw.engine.nn;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import thaw.kernels.Shape;

/**
 * The differences between a state dict and a module.
 *
 * @param missing    names that the module has and the state dict lacks
 * @param unexpected names that the state dict has and the module lacks
 * @param otherShape names that both have, with different shapes
 */
public record LoadReport(List<String> missing, List<String> unexpected, List<ShapeMismatch> otherShape) {

    /** The most names of each kind that a message lists. */
    private static final int SHOWN = 8;

    /** Copies the collections. */
    public LoadReport {
        missing = List.copyOf(missing);
        unexpected = List.copyOf(unexpected);
        otherShape = List.copyOf(otherShape);
    }

    /** A tensor whose shapes in the module and in the state dict differ. */
    public record ShapeMismatch(String name, Shape inModule, Shape inState) {
        @Override
        public String toString() {
            return name + " (module " + inModule + ", weights " + inState + ")";
        }
    }

    /** Whether there are no differences. */
    public boolean isExact() {
        return missing.isEmpty() && unexpected.isEmpty() && otherShape.isEmpty();
    }

    @Override
    public String toString() {
        if (isExact()) {
            return "all parameters and buffers match";
        }
        return Stream.of(line("missing from the weights", missing), line("unexpected in the weights", unexpected),
                line("of another shape", otherShape)).filter(line -> !line.isEmpty()).collect(Collectors.joining("\n"));
    }

    private static String line(String what, List<?> names) {
        if (names.isEmpty()) {
            return "";
        }
        String shown = names.stream().limit(SHOWN).map(String::valueOf).collect(Collectors.joining(", "));
        int more = names.size() - SHOWN;
        return what + " (" + names.size() + "): " + shown + (more > 0 ? " and " + more + " more" : "");
    }
}
