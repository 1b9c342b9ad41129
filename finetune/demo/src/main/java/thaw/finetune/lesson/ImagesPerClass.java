package thaw.finetune.lesson;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.apache.commons.math3.stat.StatUtils;
import thaw.finetune.lesson.Chapter.Answer;
import thaw.finetune.lesson.Lab.Trial;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.ScheduleRecipe;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.report.Html;
import thaw.finetune.report.LineChart;
import thaw.finetune.report.LineChart.Axis;
import thaw.finetune.report.LineChart.Scale;
import thaw.finetune.report.Numbers;
import thaw.resnet.Granularity;

/**
 * Trainings with 5, 20 and 100 images a class by one recipe, on the near target and on the far one. Chapters that need the same training
 * share it.
 *
 * @param recipes those that a chapter compares
 */
record ImagesPerClass(Subject subject, List<Recipe> recipes) {

    static final List<Integer> COUNTS = List.of(5, 20, Subject.MOST_PER_CLASS);
    /** The targets with classes of their own. */
    private static final List<String> TARGETS = List.of("near", "far");
    private static final double RATE = 0.05;
    /** Images that a training passes through in all, if that makes {@link #LEAST_EPOCHS} to {@link #MOST_EPOCHS} epochs. */
    private static final int PASSED = 800;
    private static final int LEAST_EPOCHS = 1;
    private static final int MOST_EPOCHS = 12;

    /** A way to train with few images. */
    enum Recipe {
        ALL("all layers"), FROZEN("early layers frozen"), SCRATCH("from scratch");

        private final String label;

        Recipe(String label) {
            this.label = label;
        }
    }

    /** A target with a number of images of each class. */
    record Case(Shift target, int count) {

        String words() {
            return target.name() + ", " + count + " images a class";
        }
    }

    /** All targets with all numbers of images. */
    List<Case> cases() {
        return targets().stream().flatMap(target -> COUNTS.stream().map(count -> new Case(target, count))).toList();
    }

    List<Shift> targets() {
        return subject.growing().stream().filter(shift -> TARGETS.contains(shift.name())).toList();
    }

    List<Trial> trials() {
        List<Trial> trials = new ArrayList<>();
        for (Case of : cases()) {
            for (Recipe recipe : recipes) {
                IntStream.rangeClosed(1, subject.amount().draws())
                        .forEach(draw -> trials.add(new Trial(key(of, recipe, draw), () -> train(of, recipe, draw))));
            }
        }
        return trials;
    }

    private static String key(Case of, Recipe recipe, int draw) {
        return "images/" + of.target.name() + "/" + recipe.name().toLowerCase(Locale.ROOT) + "/" + of.count + "/draw " + draw;
    }

    private double[] train(Case of, Recipe recipe, int draw) {
        Shift.Task whole = of.target.tasks().apply(draw).get(0);
        Shift.Task task = whole.first(of.count * whole.classes().size());
        int epochs = epochs(task.train().length());
        return TaskLearner.accuracy(task, () -> {
            try (TaskLearner on = recipe == Recipe.SCRATCH ? TaskLearner.scratch(subject.network(), task, draw)
                    : TaskLearner.pretrained(subject.network(), task, draw)) {
                on.learner().granularity(Granularity.COARSE);
                if (recipe != Recipe.SCRATCH) {
                    on.trainHead();
                }
                on.run(new TrainingPhase(recipe.label, recipe == Recipe.SCRATCH ? TaskLearner.HEAD_EPOCHS + epochs : epochs,
                        ScheduleRecipe.oneCycle(), LearningRates.of(RATE)).freezeTo(recipe == Recipe.FROZEN ? -2 : 0));
                return on.test().accuracy();
            }
        });
    }

    private static int epochs(int images) {
        return Math.max(LEAST_EPOCHS, Math.min(MOST_EPOCHS, PASSED / images));
    }

    double[] accuracies(Lab lab, Case of, Recipe recipe) {
        return lab.ofDraws(subject.amount().draws(), draw -> key(of, recipe, draw), 0);
    }

    /** The claim that a recipe's accuracy is more than {@code bound} above another's. */
    Claim compare(Lab lab, Case of, Recipe recipe, Recipe than, double bound, String claim) {
        double[] a = accuracies(lab, of, recipe);
        double[] b = accuracies(lab, of, than);
        return Claim.above(bound, of.words() + ": " + claim, recipe.label + " " + Numbers.percent(StatUtils.mean(a)) + ", "
                + than.label + " " + Numbers.percent(StatUtils.mean(b)), PairedDifference.of(a, b), Claim.Unit.POINTS);
    }

    /** The recipe in words; HTML. */
    private String done() {
        return "<p>" + String.join(" ", targets().stream().map(shift -> "The " + shift.name() + " target: " + Html.text(shift.made()) + ".")
                .toList()) + " The same recipe everywhere: one cycle at one rate of " + Numbers.compact(RATE)
                + ", for as many epochs as pass "
                + PASSED + " images, but " + LEAST_EPOCHS + " to " + MOST_EPOCHS + "; before it " + TaskLearner.HEAD_EPOCHS
                + " epochs of the head alone, or from scratch as many more of everything. " + subject.amount().draws()
                + " draws of the images, tested on " + subject.amount().tested() + "; where fewer images a class are there, all are used. A"
                + " training that diverged counts with the accuracy of a guess.</p>\n";
    }

    /** A chart for each target, and a table. */
    private String figures(Lab lab) {
        StringBuilder html = new StringBuilder("<div class=\"charts\">");
        List<List<String>> rows = new ArrayList<>();
        for (Shift target : targets()) {
            List<LineChart.Series> lines = new ArrayList<>();
            for (Recipe recipe : recipes) {
                lines.add(new LineChart.Series(recipe.label,
                        COUNTS.stream().mapToDouble(Integer::doubleValue).toArray(), COUNTS.stream()
                                .mapToDouble(count -> 100 * StatUtils.mean(accuracies(lab, new Case(target, count), recipe))).toArray()));
            }
            html.append(Html.figure("Accuracy on the " + target.name() + " target",
                    new LineChart(new Axis("training images a class", Scale.LOG, List.of()),
                            new Axis("accuracy, percent", Scale.LINEAR, List.of()), lines, List.of(), List.of()).html(),
                    "Means of the draws."));
        }
        for (Case of : cases()) {
            List<String> row = new ArrayList<>(List.of(of.words()));
            recipes.forEach(recipe -> row.add(Numbers.percent(StatUtils.mean(accuracies(lab, of, recipe)))
                    + diverged(lab, of, recipe)));
            rows.add(row);
        }
        List<String> header = new ArrayList<>(List.of("target"));
        recipes.forEach(recipe -> header.add(recipe.label));
        return html + "</div>\n" + Html.table(header, rows);
    }

    private String diverged(Lab lab, Case of, Recipe recipe) {
        int diverged = (int) Arrays.stream(lab.ofDraws(subject.amount().draws(), draw -> key(of, recipe, draw), 1)).sum();
        return diverged == 0 ? "" : ", " + diverged + " diverged";
    }

    /** The answer with these claims: its figures, and each recipe's accuracies. */
    Answer answer(Lab lab, String summary, List<Claim> claims) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode results = json.putArray("results");
        for (Case of : cases()) {
            for (Recipe recipe : recipes) {
                Arrays.stream(accuracies(lab, of, recipe)).forEach(results.addObject().put("target", of.target.name())
                        .put("per_class", of.count).put("recipe", recipe.label).putArray("accuracies")::add);
            }
        }
        return new Answer(summary, done(), claims, figures(lab), json);
    }
}
