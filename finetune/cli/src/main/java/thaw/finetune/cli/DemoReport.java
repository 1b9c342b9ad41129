package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import thaw.finetune.demo.Arm;
import thaw.finetune.demo.Comparison;
import thaw.finetune.demo.Demo;
import thaw.finetune.demo.DemoImages;
import thaw.finetune.demo.Phase;
import thaw.finetune.synthetic.SyntheticImages;
import thaw.finetune.train.TrainingListener;
import thaw.resnet.Granularity;
import thaw.resnet.GroupTable;
import thaw.resnet.LayerGroup;
import thaw.resnet.ResNet;

/** Reports a demo's progress as text, and its result as text and JSON. */
final class DemoReport implements Demo.Listener, AutoCloseable {

    private final OutputOptions output;
    private final Progress progress = new Progress();
    private final ObjectNode json = OutputOptions.object();
    private @Nullable TrainingLog log;

    DemoReport(OutputOptions output) {
        this.output = output;
    }

    @Override
    public void onImages(DemoImages images) {
        output.text(String.format(Locale.ROOT, "%d classes that the network was not trained on: %s",
                images.test().classes().size(), String.join(", ", images.test().classes())));
        output.text(String.format(Locale.ROOT, "%d training images in %s, %d test images in %s",
                images.training(1).train().size(), images.folder(1), images.test().evaluation().size(),
                images.testFolder()));
    }

    @Override
    public TrainingListener onNetwork(ResNet net) {
        List<Phase> phases = Arm.discriminative().phases();
        List<Double> rates = phases.get(phases.size() - 1).rates();
        output.text(String.format(Locale.ROOT, "%n%s, pretrained on %d other classes, has %,d parameters in %d"
                + " layer groups:", net.architecture(), SyntheticImages.pretraining().classes().size(),
                net.parameterCount(), rates.size()));
        List<GroupTable.Group> groups = GroupTable.of(net, DemoImages.SIZE, Granularity.COARSE).groups();
        ArrayNode array = json.putArray("groups");
        for (int i = 0; i < groups.size(); i++) {
            GroupTable.Group group = groups.get(i);
            output.text(new GroupListing(group, rates.get(i)).toString());
            ArrayNode layers = array.addObject().put("name", group.name()).put("parameters", group.parameters())
                    .put("lr", rates.get(i)).putArray("layers");
            group.layers().forEach(layer -> layers.add(layer.name()));
        }
        output.text(String.format(Locale.ROOT, "%nFirst the head is trained with the body frozen, then all layers:"));
        log = new TrainingLog(output, net.groups().stream().map(LayerGroup::name).toList(), null);
        return log;
    }

    @Override
    public void onTrial(int done, int all) {
        if (done == 1) {
            log.close();
            output.text(String.format(Locale.ROOT, "%nTraining %d more networks: other ways to train, and other draws of images"
                    + " and weights …", all - 1));
        }
        progress.step("networks", done, all);
        if (done == all) {
            progress.close();
        }
    }

    /** Prints the table of the comparison and its verdict. */
    void comparison(Comparison comparison) {
        output.text(String.format(Locale.ROOT, "%nAccuracy on %d test images:%n", comparison.tested()));
        output.text(String.format(Locale.ROOT, "%-37s %-18s %7s  %s", "", "learning rates", "mean", "draws"));
        for (Comparison.Row row : comparison.rows()) {
            String draws = row.accuracies().stream().map(a -> String.format(Locale.ROOT, "%.1f", 100 * a))
                    .collect(Collectors.joining(" "));
            output.paragraph(String.format(Locale.ROOT, "%-37s %-18s %5.1f %%  %s", row.phase().result(), rates(row.phase()),
                    100 * row.mean(), draws));
        }
        output.text("");
        output.paragraph(comparison.verdict());
    }

    private static String rates(Phase phase) {
        return phase.rates().stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    ObjectNode json(Comparison comparison) {
        json.put("images_per_class", comparison.perClass()).put("tested", comparison.tested())
                .put("accuracy", comparison.recommended().mean());
        json.set("epochs", log.epochs());
        ArrayNode rows = json.putArray("comparison");
        for (Comparison.Row row : comparison.rows()) {
            ObjectNode one = rows.addObject().put("training", row.phase().result()).put("epochs", row.epochs());
            row.phase().rates().forEach(one.withArray("lr")::add);
            one.put("mean", row.mean());
            row.accuracies().forEach(one.withArray("accuracies")::add);
            if (row != comparison.recommended()) {
                Comparison.Difference by = comparison.difference(row);
                one.put("difference", by.mean()).put("difference_sd", Double.isNaN(by.spread()) ? null : (Double) by.spread());
            }
        }
        return json.put("verdict", comparison.verdict());
    }

    @Override
    public void close() {
        progress.close();
        if (log != null) {
            log.close();
        }
    }
}
