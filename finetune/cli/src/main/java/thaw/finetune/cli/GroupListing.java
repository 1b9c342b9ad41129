package thaw.finetune.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import thaw.finetune.report.Numbers;
import thaw.resnet.GroupTable;
import thaw.resnet.Layer;

/**
 * A layer group as text: one line per layer of stem and head, per block, and per run of equal blocks.
 *
 * @param rate the group's learning rate; null to show none
 */
record GroupListing(GroupTable.Group group, @Nullable Double rate) {

    private static final double MILLION = 1e6;
    private static final String BLOCK = "(layer\\d+\\.\\d+)\\..*";

    /**
     * A line for {@code count} layers or blocks that are equal except for their names.
     *
     * @param parameters   the parameters of one of them
     * @param multiplyAdds of one of them, for an image
     * @param field        the side of the receptive field of the last one, in pixels
     */
    private record Line(String first, String last, int count, String output, long parameters, long multiplyAdds, int field,
            String kind) {

        static Line of(String name, List<Layer> layers) {
            List<Layer> path = layers.stream().filter(layer -> !isShortcut(layer) && !isGate(layer)).toList();
            String kind = layers.size() == 1 ? layers.get(0).kind() : kinds(path.stream());
            String gates = kinds(layers.stream().filter(Line::isGate));
            String shortcut = kinds(layers.stream().filter(Line::isShortcut));
            Layer end = path.get(path.size() - 1);
            return new Line(name, name, 1, end.output().toString(), layers.stream().mapToLong(Layer::parameters).sum(),
                    layers.stream().mapToLong(Layer::multiplyAdds).sum(), end.field().size(),
                    kind + (gates.isEmpty() ? "" : "; gates: " + gates) + (shortcut.isEmpty() ? "" : "; shortcut: " + shortcut));
        }

        private static boolean isShortcut(Layer layer) {
            return layer.name().matches(".*\\.(downsample\\.\\d|shortcut)");
        }

        /** Whether a layer computes the gates of channel attention. */
        private static boolean isGate(Layer layer) {
            return layer.name().matches(".*\\.se\\.\\w+");
        }

        /** The kinds of a block's layers; batch norms, which follow every convolution, are left out. */
        private static String kinds(Stream<Layer> layers) {
            return layers.map(Layer::kind).filter(kind -> !kind.equals("batch norm")).collect(Collectors.joining(" → "));
        }

        boolean equalsButForNames(Line other) {
            return output.equals(other.output) && parameters == other.parameters && kind.equals(other.kind);
        }

        Line upTo(Line next) {
            return new Line(first, next.last, count + 1, output, parameters, multiplyAdds, next.field, kind);
        }

        String name() {
            return count == 1 ? first : first + " to " + last;
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "  %-22s  %-14s  %4d  %,11d  %6.1f  %s", name(), output, field, count * parameters,
                    count * multiplyAdds / MILLION, count == 1 ? kind : count + " × (" + kind + ")");
        }
    }

    private List<Line> lines() {
        Map<String, List<Layer>> blocks = new LinkedHashMap<>();
        for (Layer layer : group.layers()) {
            blocks.computeIfAbsent(layer.name().replaceFirst(BLOCK, "$1"), name -> new ArrayList<>()).add(layer);
        }
        List<Line> lines = new ArrayList<>();
        blocks.forEach((name, layers) -> {
            Line line = Line.of(name, layers);
            int end = lines.size() - 1;
            if (end >= 0 && lines.get(end).equalsButForNames(line)) {
                lines.set(end, lines.get(end).upTo(line));
            } else {
                lines.add(line);
            }
        });
        return lines;
    }

    @Override
    public String toString() {
        String title = String.format(Locale.ROOT, "%n%s: %s%,d parameters%n", group.name(),
                rate == null ? "" : "learning rate " + Numbers.compact(rate) + ", ", group.parameters());
        String head = String.format(Locale.ROOT, "  %-22s  %-14s  %4s  %11s  %6s%n", "layers", "output", "sees", "parameters", "MMACs");
        return title + head + lines().stream().map(Line::toString).collect(Collectors.joining(System.lineSeparator()));
    }
}
