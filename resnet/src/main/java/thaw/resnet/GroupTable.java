package thaw.resnet;

import java.util.ArrayList;
import java.util.List;

/** The layer groups of a network with the output shapes of their layers, computed without weights. */
public record GroupTable(List<Group> groups) {

    /** Copies the list. */
    public GroupTable {
        groups = List.copyOf(groups);
    }

    /** @param layers in the order of the state dict */
    public record Group(String name, List<Layer> layers) {

        /** Copies the list. */
        public Group {
            layers = List.copyOf(layers);
        }

        /** The number of learned values in the group. */
        public long parameters() {
            return layers.stream().mapToLong(Layer::parameters).sum();
        }
    }

    /** The table of an architecture with a linear head, for colour images of {@code size × size} pixels. */
    public static GroupTable of(Architecture architecture, int classes, int size, Granularity granularity) {
        List<Layer> layers = Outline.of(architecture, 3, Head.LINEAR, classes, size, size).layers();
        List<Group> groups = new ArrayList<>();
        granularity.split(architecture).forEach((name, modules) -> groups.add(new Group(name, layers.stream()
                .filter(layer -> modules.stream().anyMatch(m -> layer.name().equals(m) || layer.name().startsWith(m + "."))).toList())));
        return new GroupTable(groups);
    }

    /** The table of a network, with its own head and stem, for images of {@code size × size} pixels. */
    public static GroupTable of(Network net, int size, Granularity granularity) {
        List<Layer> layers = net.outline(size, size).layers();
        return new GroupTable(net.groups(granularity).stream().map(group -> new Group(group.name(),
                layers.stream().filter(layer -> group.contains(layer.name())).toList())).toList());
    }

    /** The number of learned values in all groups. */
    public long parameters() {
        return groups.stream().mapToLong(Group::parameters).sum();
    }
}
