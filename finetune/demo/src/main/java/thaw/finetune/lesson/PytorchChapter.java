package thaw.finetune.lesson;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.engine.optim.ParamGroup;
import thaw.engine.optim.SGD;
import thaw.finetune.lesson.Lab.Trial;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.PyTorchGroups;
import thaw.finetune.report.Html;
import thaw.kernels.Shape;
import thaw.resnet.Architecture;
import thaw.resnet.Granularity;
import thaw.resnet.GroupTable;

/** Rates for layer groups in PyTorch, beside Thaw, and eight steps of both. */
record PytorchChapter() implements Chapter {

    private static final String ARCHITECTURE = "resnet152";
    private static final int SIZE = 224;
    private static final int CLASSES = 1000;
    private static final LearningRates RATES = LearningRates.of(1e-5, 1e-4, 1e-2);
    private static final String THAW = """
            ImageFolder data = ImageFolder.of(Path.of("dogscats"));
            Learner learn = Learner.of(data, Path.of("resnet152.pth"));
            learn.fitOneCycle(3, rates(1e-5, 1e-4, 1e-2));
            learn.save(Path.of("model.safetensors"));
            """;
    private static final int STEPS = 8;
    private static final List<String> GROUPS = List.of("early", "middle", "head");
    private static final double[] STARTS = {0.25, 0.5, 0.75};
    private static final double[] STEP_RATES = {1e-3, 1e-2, 1e-1};
    private static final double MOMENTUM = 0.9;
    private static final double WEIGHT_DECAY = 1e-4;
    /** About ten roundings of a float. */
    private static final double CLOSE = 1e-6;

    @Override
    public String question() {
        return "How is it done in PyTorch?";
    }

    @Override
    public int trials() {
        return 1;
    }

    @Override
    public Answer answer(Lab lab) throws IOException {
        lab.measure(List.of(new Trial("pytorch/steps", PytorchChapter::steps)));
        double[] ours = lab.get("pytorch/steps");
        double[] theirs = Arrays.stream(Html.resource(PytorchChapter.class, "sgd.txt").strip().split("\\s+"))
                .mapToDouble(Double::parseDouble).toArray();
        double farthest = IntStream.range(0, ours.length).mapToDouble(i -> Math.abs(ours[i] - theirs[i]) / Math.abs(theirs[i])).max()
                .orElseThrow();
        Claim same = Claim.exact(farthest < CLOSE, "with the same rates, momentum and weight decay, both give the same weights after "
                + STEPS + " steps, to float’s precision", String.format(Locale.ROOT, "largest relative difference %.1e", farthest));
        return new Answer("By parameter groups of the optimizer, each with a rate: three lines in PyTorch, one argument here.", done(),
                List.of(same), figures(ours, theirs), json(ours, theirs));
    }

    /** The weights of the three groups after {@value #STEPS} steps; {@code sgd.py} does the same. */
    private static double[] steps() {
        try (Device device = Device.cpu(1)) {
            List<Tensor> weights = Arrays.stream(STARTS).mapToObj(a -> device.tensor(Shape.of(4), a, -a, a / 2, 2 * a).requiresGrad(true))
                    .toList();
            ParamGroup[] groups = IntStream.range(0, weights.size()).mapToObj(i -> ParamGroup.group(GROUPS.get(i), List.of(weights.get(i)))
                    .lr(STEP_RATES[i]).momentum(MOMENTUM).weightDecay(WEIGHT_DECAY)).toArray(ParamGroup[]::new);
            try (SGD sgd = new SGD(groups)) {
                for (int step = 0; step < STEPS; step++) {
                    sgd.zeroGrad();
                    weights.get(0).mul(weights.get(1)).mul(weights.get(2)).sub(1).square().sum().backward();
                    sgd.step();
                }
            }
            return weights.stream().flatMapToDouble(w -> Arrays.stream(w.toDoubles())).toArray();
        }
    }

    private static String done() {
        return "<p>First the layer groups of a ResNet-152 as PyTorch’s parameter groups, printed by <code>thaw groups " + ARCHITECTURE
                + " --lr " + Html.text(RATES) + " --pytorch</code>; then the same rates here, with one cycle and saving. Below, three"
                + " small groups of weights with rates of their own take " + STEPS
                + " steps of SGD in both, from the same start on the same"
                + " loss; PyTorch 2.13’s numbers come from the program beside them.</p>\n";
    }

    private static String figures(double[] ours, double[] theirs) {
        List<GroupTable.Group> groups = GroupTable.of(Architecture.byName(ARCHITECTURE), CLASSES, SIZE, Granularity.COARSE).groups();
        List<Double> rates = RATES.forGroups(groups.stream().map(GroupTable.Group::name).toList());
        List<List<String>> rows = new ArrayList<>();
        for (int i = 0; i < ours.length; i++) {
            rows.add(List.of(GROUPS.get(i / 4) + " " + (i % 4 + 1), String.format(Locale.ROOT, "%.9f", theirs[i]),
                    String.format(Locale.ROOT, "%.9f", ours[i])));
        }
        return "<div class=\"charts\">" + code("PyTorch", PyTorchGroups.code(groups, rates, Granularity.COARSE)) + code("Thaw", THAW)
                + code("Eight steps in PyTorch", Html.resource(PytorchChapter.class, "sgd.py")) + "</div>\n"
                + Html.table(List.of("weight after 8 steps", "PyTorch", "Thaw"), rows);
    }

    private static String code(String title, String code) {
        return Html.figure(title, "<pre>" + Html.text(code) + "</pre>\n", "");
    }

    private static ObjectNode json(double[] ours, double[] theirs) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        Stream.of("thaw", "pytorch").forEach(name -> {
            ArrayNode array = json.putArray(name);
            Arrays.stream(name.equals("thaw") ? ours : theirs).forEach(array::add);
        });
        return json;
    }
}
