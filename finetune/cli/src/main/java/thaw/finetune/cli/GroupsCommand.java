package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.PyTorchGroups;
import thaw.resnet.Architecture;
import thaw.resnet.Granularity;
import thaw.resnet.GroupTable;
import thaw.resnet.Layer;

/** {@code thaw groups}: lists the layer groups of an architecture with their layers and learning rates. */
@Command(name = "groups", sortOptions = false, customSynopsis = "thaw groups ARCH [--lr RATES] [OPTIONS]",
        description = "Lists the layer groups of an architecture and their rates.",
        footer = {"", "Example: thaw groups resnet152 --lr 1e-5,1e-4,1e-2"})
final class GroupsCommand extends Subcommand {

    @Parameters(paramLabel = "ARCH", description = "Architecture: resnet50, resnext50_32x4d, resnet20, ….")
    private String name;

    @Mixin
    private VariantOption variantOption;

    @Option(names = "--lr", paramLabel = "RATES",
            description = "Learning rates: one, one per group (1e-5,1e-4,1e-2), LO:HI or :HI.")
    private @Nullable LearningRates rates;

    @Option(names = "--size", paramLabel = "PIXELS", description = "Image side (default: 224; CIFAR: 32).")
    private @Nullable Integer size;

    @Option(names = "--classes", paramLabel = "N", description = "Classes of the head (default: 1000; CIFAR: 10).")
    private @Nullable Integer classes;

    @Option(names = {"--groups", "--grain"}, paramLabel = "GRANULARITY", defaultValue = "3",
            description = "3 (early, middle, head), stages or blocks (default: 3).")
    private Granularity granularity;

    @Option(names = "--pytorch", description = "Prints PyTorch's optimizer with these groups as code; needs --lr.")
    private boolean pytorch;

    @Override
    public Integer call() {
        Architecture architecture = variantOption.of(Architectures.byName(name));
        int side = size == null ? Architectures.nativeSize(architecture) : size;
        int scores = classes == null ? Architectures.nativeClasses(architecture) : classes;
        Failure.ifBelow("--size", side, 1);
        Failure.ifBelow("--classes", scores, 1);
        GroupTable table = GroupTable.of(architecture, scores, side, granularity);
        List<String> names = table.groups().stream().map(GroupTable.Group::name).toList();
        List<Double> each = rates == null ? null : Failure.naming("--lr", () -> rates.forGroups(names));

        if (pytorch) {
            if (each == null || rates.isAuto()) {
                throw new Failure("--pytorch: expected --lr with a rate for each group, such as 1e-5,1e-4,1e-2");
            }
            String code = PyTorchGroups.code(table.groups(), each, granularity);
            output.text(code);
            output.result(OutputOptions.object().put("architecture", architecture.name()).put("pytorch", code));
            return 0;
        }
        output.text(String.format(Locale.ROOT, "%s, images of %d x %d: %,d parameters in %d groups", architecture, side, side,
                table.parameters(), names.size()));
        ObjectNode json = OutputOptions.object().put("architecture", architecture.name()).put("size", side)
                .put("parameters", table.parameters());
        ArrayNode groups = json.putArray("groups");
        for (int i = 0; i < names.size(); i++) {
            GroupTable.Group group = table.groups().get(i);
            Double rate = each == null ? null : each.get(i);
            output.text(new GroupListing(group, rate).toString());
            groups.add(json(group, rate));
        }
        output.result(json);
        return 0;
    }

    private static ObjectNode json(GroupTable.Group group, @Nullable Double rate) {
        ObjectNode json = OutputOptions.object().put("name", group.name()).put("lr", rate)
                .put("parameters", group.parameters());
        ArrayNode layers = json.putArray("layers");
        for (Layer layer : group.layers()) {
            ObjectNode one = layers.addObject().put("name", layer.name()).put("kind", layer.kind())
                    .put("parameters", layer.parameters()).put("multiply_adds", layer.multiplyAdds())
                    .put("receptive_field", layer.field().size());
            ArrayNode shape = one.putArray("output");
            for (int dim : layer.output().toArray()) {
                shape.add(dim);
            }
        }
        return json;
    }
}
