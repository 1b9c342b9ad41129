package thaw.finetune.lesson;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.report.Html;
import thaw.finetune.report.Numbers;
import thaw.resnet.Architecture;
import thaw.resnet.Granularity;
import thaw.resnet.GroupTable;
import thaw.resnet.GroupTable.Group;
import thaw.resnet.Layer;

/** The layers of a ResNet-152, drawn to scale. */
record LayersChapter() implements Chapter {

    private static final String ARCHITECTURE = "resnet152";
    private static final int SIZE = 224;
    private static final int CLASSES = 1000;
    private static final LearningRates RATES = LearningRates.of(1e-5, 1e-4, 1e-2);
    private static final double MILLION = 1e6;
    /** The share of a whole that claims call small. */
    private static final double SMALL = 0.1;

    @Override
    public String question() {
        return "What are the first and the middle layers of a ResNet-152?";
    }

    @Override
    public int trials() {
        return 0;
    }

    @Override
    public Answer answer(Lab lab) {
        List<Group> thirds = groups(Granularity.COARSE);
        List<Group> stages = groups(Granularity.STAGES);
        List<Group> blocks = groups(Granularity.BLOCKS);
        Group early = thirds.get(0);
        Group middle = thirds.get(1);
        String summary = String.format(Locale.ROOT, "The first layers, “early”, are %s: %d of %d layers with weights, whose outputs see at"
                + " most %d of %d pixels. The middle ones are %s: %d layers. The last is %s.", path(early), weighted(early),
                weighted(thirds),
                field(early), SIZE, path(middle), weighted(middle), path(thirds.get(2)));
        return new Answer(summary, done(), claims(thirds, stages), figures(thirds, stages, blocks), json(thirds, blocks));
    }

    private static List<Group> groups(Granularity granularity) {
        return GroupTable.of(Architecture.byName(ARCHITECTURE), CLASSES, SIZE, granularity).groups();
    }

    /** The first and the last module with weights. */
    private static String path(Group group) {
        List<String> names = group.layers().stream().filter(layer -> layer.parameters() > 0)
                .map(layer -> layer.name().replaceFirst("\\..*", "")).distinct().toList();
        return names.size() == 1 ? names.get(0) : names.get(0) + " to " + names.get(names.size() - 1);
    }

    /** The number of convolutions and linear layers on the way from image to scores, which give the network its name. */
    static int weighted(Group group) {
        return (int) group.layers().stream().filter(layer -> layer.multiplyAdds() > 0 && !layer.name().contains("downsample")).count();
    }

    private static int weighted(List<Group> groups) {
        return groups.stream().mapToInt(LayersChapter::weighted).sum();
    }

    private static long multiplyAdds(Group group) {
        return group.layers().stream().mapToLong(Layer::multiplyAdds).sum();
    }

    /** The largest receptive field in the group, in pixels. */
    static int field(Group group) {
        return group.layers().stream().mapToInt(layer -> layer.field().size()).max().orElse(1);
    }

    private static double share(List<Group> groups, Group part, ToLongFunction<Group> of) {
        return (double) of.applyAsLong(part) / groups.stream().mapToLong(of).sum();
    }

    private static List<Claim> claims(List<Group> thirds, List<Group> stages) {
        Group early = thirds.get(0);
        Group head = thirds.get(2);
        double weights = share(thirds, early, Group::parameters);
        double work = share(thirds, early, LayersChapter::multiplyAdds);
        Group third = stages.get(stages.size() - 3);
        return List.of(
                Claim.exact(weights < SMALL, "the first layers hold few of the parameters: less than a tenth", Numbers.percent(weights)),
                Claim.exact(work < SMALL, "so they are a small part of the work: less than a tenth of the multiply-adds",
                        Numbers.percent(work)),
                Claim.exact(field(early) < SIZE, "the first layers see small patches only, not the whole image",
                        field(early) + " of " + SIZE
                                + " pixels at the end of the early group"),
                Claim.exact(weighted(third) > weighted(stages) / 2, "most layers are in one stage, " + third.name(),
                        weighted(third) + " of "
                                + weighted(stages) + " layers with weights"),
                Claim.exact(share(thirds, head, Group::parameters) > SMALL,
                        "the head is a large part of the network: more than a tenth of its"
                                + " parameters",
                        Numbers.percent(share(thirds, head, Group::parameters))));
    }

    private static String done() {
        return "<p>The network’s outline is computed from its description, without weights: images of " + SIZE + " pixels, " + CLASSES
                + " classes. Multiply-adds are those of convolutions and the linear layer for one image. The receptive field is the square of"
                + " pixels that can change one value of a layer’s output, <code>size ← size + (k − 1)·stride</code> from layer to layer"
                + " (Araujo, Norris and Sim 2019). Numbers are counted, so they have no spread. Rates are those of"
                + " <code>thaw groups " + ARCHITECTURE + " --lr " + Html.text(RATES) + "</code>.</p>\n";
    }

    private static String figures(List<Group> thirds, List<Group> stages, List<Group> blocks) {
        LayerDrawing drawing = new LayerDrawing(thirds, SIZE);
        return "<div class=\"charts\">"
                + Html.figure("Every block, to scale", drawing.blocks(blocks),
                        "A bar for the stem, each residual block, and the head, in their"
                                + " order. Its width is the number of its layers with weights, its height the side of its output in pixels, 112 to 7;"
                                + " its colour is its group. Point at a bar to see its numbers.")
                + Html.figure("Shares of the groups", drawing.shares(List.of("layers", "parameters", "multiply-adds"), List.of(
                        LayersChapter::weighted, Group::parameters, LayersChapter::multiplyAdds)), "Many layers, many parameters and much"
                                + " work are in different places.")
                + Html.figure("What one value sees", drawing.fields(stages.subList(0, stages.size() - 1)),
                        "The dashed square is an image of "
                                + SIZE
                                + " pixels, the others the receptive field of one value at the end of each stage, to the same scale, each"
                                + " centred.")
                + "</div>\n" + table(thirds, stages) + Html.details("Every block", table(thirds, blocks));
    }

    private static String table(List<Group> thirds, List<Group> parts) {
        List<List<String>> rows = parts.stream().map(part -> {
            Layer end = end(part);
            return List.of(part.name(), thirds.get(third(thirds, part)).name(), String.valueOf(weighted(part)), end.output().toString(),
                    end.field().size() + " px", Numbers.grouped(part.parameters()), String.format(Locale.ROOT, "%,.0f M",
                            multiplyAdds(part) / MILLION),
                    Numbers.compact(rate(thirds, part)));
        }).toList();
        return Html.table(List.of("layers", "group", "with weights", "output", "receptive field", "parameters", "multiply-adds", "rate"),
                rows);
    }

    /** The last layer that has weights, or normalises, on the way to the scores. */
    private static Layer end(Group part) {
        List<Layer> layers = part.layers().stream().filter(layer -> !layer.name().contains("downsample")).toList();
        return layers.get(layers.size() - 1);
    }

    /** The index of the group that holds a part. */
    static int third(List<Group> thirds, Group part) {
        for (int i = 0; i < thirds.size(); i++) {
            if (thirds.get(i).layers().contains(part.layers().get(0))) {
                return i;
            }
        }
        throw new IllegalArgumentException(part.name() + ": is in none of the groups");
    }

    private static double rate(List<Group> thirds, Group part) {
        return RATES.forGroups(thirds.stream().map(Group::name).toList()).get(third(thirds, part));
    }

    private static ObjectNode json(List<Group> thirds, List<Group> blocks) {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("architecture", ARCHITECTURE).put("size", SIZE);
        ArrayNode parts = json.putArray("blocks");
        for (Group block : blocks) {
            ObjectNode one = parts.addObject().put("name", block.name()).put("group", thirds.get(third(thirds, block)).name())
                    .put("layers", weighted(block)).put("parameters", block.parameters()).put("multiply_adds", multiplyAdds(block))
                    .put("receptive_field", end(block).field().size()).put("lr", rate(thirds, block));
            for (int dim : end(block).output().toArray()) {
                one.withArray("output").add(dim);
            }
        }
        return json;
    }
}
