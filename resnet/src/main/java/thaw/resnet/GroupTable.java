package thaw.resnet;

import java.util.ArrayList;
import java.util.List;

/** The layer groups of a network and what each layer puts out, found without weights. */
public record GroupTable(List<Group> groups) {

    public GroupTable {
        groups = List.copyOf(groups);
    }

    /** @param layers in the order of the state dict */
    public record Group(String name, List<Layer> layers) {

        public Group {
            layers = List.copyOf(layers);
        }

        public long parameters() {
            return layers.stream().mapToLong(Layer::parameters).sum();
        }
    }

    /** Of an architecture with a linear head, for colour pictures of {@code size × size} pixels. */
    public static GroupTable of(Architecture architecture, int classes, int size, Grain grain) {
        return of(architecture, Outline.of(architecture, 3, Head.LINEAR, classes, size, size), grain);
    }

    /** Of a network, with its own head and stem, for pictures of {@code size × size} pixels. */
    public static GroupTable of(ResNet net, int size, Grain grain) {
        return of(net.architecture(), net.outline(size, size), grain);
    }

    private static GroupTable of(Architecture architecture, Outline outline, Grain grain) {
        List<Group> groups = new ArrayList<>();
        grain.split(architecture).forEach((name, modules) -> groups.add(new Group(name,
                outline.layers().stream().filter(layer -> isIn(modules, layer)).toList())));
        return new GroupTable(groups);
    }

    /** All layers' together. */
    public long parameters() {
        return groups.stream().mapToLong(Group::parameters).sum();
    }

    private static boolean isIn(List<String> modules, Layer layer) {
        return modules.stream().anyMatch(m -> layer.name().equals(m) || layer.name().startsWith(m + "."));
    }
}
