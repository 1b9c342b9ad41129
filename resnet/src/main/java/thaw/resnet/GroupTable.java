package thaw.resnet;

import java.util.ArrayList;
import java.util.List;

/** The layer groups of a network with the output shapes of their layers, computed without weights. */
public record GroupTable(List<Group> groups) {

    public GroupTable {
        groups = List.copyOf(groups);
    }

    /** @param layers in the order of the state dict */
    public record Group(String name, List<Layer> layers) {

        public Group {
            layers = List.copyOf(layers);
        }

        /** The number of learned values in the group. */
        public long parameters() {
            return layers.stream().mapToLong(Layer::parameters).sum();
        }
    }

    /** The table of an architecture with a linear head, for colour images of {@code size × size} pixels. */
    public static GroupTable of(Architecture architecture, int classes, int size, Grain grain) {
        return of(architecture, Outline.of(architecture, 3, Head.LINEAR, classes, size, size), grain);
    }

    /** The table of a network, with its own head and stem, for images of {@code size × size} pixels. */
    public static GroupTable of(ResNet net, int size, Grain grain) {
        return of(net.architecture(), net.outline(size, size), grain);
    }

    private static GroupTable of(Architecture architecture, Outline outline, Grain grain) {
        List<Group> groups = new ArrayList<>();
        grain.split(architecture).forEach((name, modules) -> groups.add(new Group(name,
                outline.layers().stream().filter(layer -> isIn(modules, layer)).toList())));
        return new GroupTable(groups);
    }

    /** The number of learned values in all groups. */
    public long parameters() {
        return groups.stream().mapToLong(Group::parameters).sum();
    }

    private static boolean isIn(List<String> modules, Layer layer) {
        return modules.stream().anyMatch(m -> layer.name().equals(m) || layer.name().startsWith(m + "."));
    }
}
