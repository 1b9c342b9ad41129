package thaw.finetune.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import thaw.finetune.FitSettings;
import thaw.finetune.OptimizerKind;
import thaw.finetune.TrainingPhase;

/** The page from top to bottom, with what was asked for; what came of it is in sections of their own. */
final class ReportPage {

    private final Report report;

    ReportPage(Report report) {
        this.report = report;
    }

    String html() {
        StringBuilder html = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
                .append(Html.text(report.title())).append("</title>\n<style>\n").append(stylesheet())
                .append("</style>\n</head>\n<body>\n<h1>").append(Html.text(report.title())).append("</h1>\n").append(lead());
        report.warnings().stream().distinct().forEach(warning ->
                html.append("<p class=\"warning\">").append(Html.text(warning)).append("</p>\n"));
        TrainingSection training = new TrainingSection(report);
        html.append(Html.section("What was asked for", settings()));
        html.append(Html.section("Layer groups", groups()));
        html.append(Html.section("How training went", training.losses()));
        html.append(Html.section("Learning rate and momentum, step by step", training.schedules()));
        if (report.epochs().stream().anyMatch(epoch -> !epoch.activity().isEmpty())) {
            html.append(Html.section("What each layer group did", new ActivitySection(report).html()));
        }
        report.evaluation().ifPresent(found -> html.append(Html.section("How good it is", new ResultSection(found).html())));
        html.append("<footer>Made by Thaw. Point at a dot in a chart to see its value.</footer>\n");
        return html.append("</body>\n</html>\n").toString();
    }

    private static String stylesheet() {
        try (InputStream css = ReportPage.class.getResourceAsStream("report.css")) {
            return new String(css.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    private String lead() {
        StringBuilder text = new StringBuilder("<p class=\"lead\">");
        report.evaluation().ifPresent(found -> text.append("<strong>").append(Numbers.percent(found.accuracy()))
                .append("</strong> right: ").append(Numbers.grouped(found.correct())).append(" of ")
                .append(Numbers.grouped(found.total()))
                .append(found.predictions().labels().multiLabel() ? " decisions about validation images" : " validation images")
                .append(". "));
        double seconds = report.epochs().stream().mapToDouble(Report.Epoch::seconds).sum();
        text.append(Numbers.count(report.epochs().size(), "epoch", "epochs")).append(" in ").append(duration(seconds));
        if (report.kept() >= 0) {
            text.append("; the weights are those after epoch ").append(report.kept() + 1);
        }
        return text.append(".</p>\n").toString();
    }

    private static String duration(double seconds) {
        return seconds < 100 ? Numbers.compact(seconds) + " seconds" : Math.round(seconds / 60) + " minutes";
    }

    // ---- settings ------------------------------------------------------------------------------------------------

    private String settings() {
        Map<String, String> all = new LinkedHashMap<>(report.settings());
        FitSettings fit = report.fit();
        boolean sgd = fit.optimizer() == OptimizerKind.SGD;
        all.put("Optimizer", sgd ? "SGD, momentum " + fit.momentum() + (fit.nesterov() ? ", Nesterov’s" : "")
                : "AdamW, betas " + fit.momentum() + " and " + fit.beta2());
        all.put("Weight decay", fit.weightDecay() == 0 ? "none" : Numbers.compact(fit.weightDecay())
                + (fit.decayBiasAndNorm() ? " on all weights" : ", not on biases and batch norms"));
        all.put("Batch norm of frozen groups", fit.frozenBatchNorm().description());
        if (fit.clipNorm() > 0) {
            all.put("Gradient clipping", "all gradients together have a norm of at most " + fit.clipNorm());
        }
        if (fit.clipValue() > 0) {
            all.put("Gradient clipping by value", "each element is at most " + fit.clipValue());
        }
        if (fit.accumulate() > 1) {
            all.put("Gradient accumulation", fit.accumulate() + " batches make one step");
        }
        if (fit.averageDecay() > 0) {
            all.put("Average of the weights", "validated and kept are moving averages, with decay " + fit.averageDecay());
        }
        for (Report.Phase phase : report.phases()) {
            all.put("Phase “" + phase.phase().name() + "”", describe(phase.phase()));
        }
        StringBuilder html = new StringBuilder("<dl>\n");
        all.forEach((name, value) -> html.append("<dt>").append(Html.text(name)).append("</dt><dd>").append(Html.text(value))
                .append("</dd>\n"));
        return html.append("</dl>\n").toString();
    }

    private static String describe(TrainingPhase phase) {
        return Numbers.count(phase.epochs(), "epoch", "epochs") + ", schedule " + phase.schedule() + ", learning rates "
                + phase.rates() + (phase.gradual() ? ", one more group thaws after each epoch" : "")
                + (phase.size() == 0 ? "" : ", images of " + phase.size() + " pixels");
    }

    // ---- layer groups --------------------------------------------------------------------------------------------

    private String groups() {
        List<String> header = new ArrayList<>(List.of("group", "parameters"));
        report.phases().forEach(phase -> header.add("phase<br>“" + Html.text(phase.phase().name()) + "”"));
        header.add("layers");
        List<List<String>> rows = new ArrayList<>();
        for (int g = 0; g < report.groups().size(); g++) {
            Report.Group group = report.groups().get(g);
            List<String> row = new ArrayList<>(List.of(Html.text(group.name()), Numbers.grouped(group.parameters())));
            for (Report.Phase phase : report.phases()) {
                row.add(inPhase(phase, g));
            }
            row.add("<span class=\"quiet\">" + Html.text(layers(group.layers())) + "</span>");
            rows.add(row);
        }
        return Html.table(header, rows) + """
                <p>A number is the highest learning rate that the group has in the phase. The first layers of a pretrained network
                see edges, colours and textures, which are the same in any photograph: they are right already, and a large step
                would only blur them. So they get a tiny rate, or none while they are frozen. The last layers have learned what
                the <em>old</em> classes are made of and have more to change. The head is new, knows nothing, and takes the largest
                steps. A tiny rate costs the same time as a large one; a frozen group costs no backward pass at all, as long as
                nothing before it is trained.</p>
                """;
    }

    private static String layers(List<String> names) {
        return names.size() <= 4 ? String.join(", ", names)
                : names.get(0) + ", " + names.get(1) + " … " + names.get(names.size() - 1);
    }

    private String inPhase(Report.Phase phase, int group) {
        int count = report.groups().size();
        for (int epoch = 0; epoch < phase.phase().epochs(); epoch++) {
            if (group >= phase.firstTrained(count, epoch)) {
                double rate = rates(phase).get(group);
                String from = "<br><span class=\"quiet\">from epoch " + (epoch + 1) + "</span>";
                return Numbers.compact(rate) + (epoch == 0 ? "" : from);
            }
        }
        return "<span class=\"quiet\">frozen</span>";
    }

    private List<Double> rates(Report.Phase phase) {
        return phase.phase().rates().forGroups(report.groups().stream().map(Report.Group::name).toList());
    }
}
