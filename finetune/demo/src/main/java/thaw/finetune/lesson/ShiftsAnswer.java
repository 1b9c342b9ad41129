package thaw.finetune.lesson;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import thaw.finetune.diagnostics.GroupResilience;
import thaw.finetune.lesson.Chapter.Answer;
import thaw.finetune.lesson.Claim.Unit;
import thaw.finetune.lesson.Claim.Verdict;
import thaw.finetune.lesson.ShiftsChapter.Group;
import thaw.finetune.lesson.ShiftsChapter.OfShift;
import thaw.finetune.lesson.ShiftsChapter.Result;
import thaw.finetune.report.Html;
import thaw.finetune.report.IntervalChart;
import thaw.finetune.report.Numbers;

/** The answer of {@link ShiftsChapter}, from its results. */
record ShiftsAnswer(Lesson.Amount amount, Map<Shift, OfShift> results) {

    /** The margin, in accuracy, within which two ways count as equally good. */
    private static final double MARGIN = 0.02;

    Answer answer() {
        List<Claim> order = results.keySet().stream().map(shift -> better(shift, "low rates for early layers beat low rates for late ones",
                Way.EARLY_LOW, Way.LATE_LOW)).toList();
        List<Claim> claims = new ArrayList<>();
        results.keySet().forEach(shift -> claims.addAll(claims(shift)));
        claims.addAll(order);
        StringBuilder figures = new StringBuilder();
        results.keySet().forEach(shift -> figures.append("<h3>The shift “").append(shift.name()).append("”</h3>\n")
                .append(section(shift)));
        return new Answer(summary(order), done(), claims, figures.toString(), json());
    }

    private Result result(Shift shift, Way way) {
        return results.get(shift).ways().get(way);
    }

    private PairedDifference difference(Shift shift, Way way, Way from) {
        return PairedDifference.of(result(shift, way).accuracies(), result(shift, from).accuracies());
    }

    private double mean(Shift shift, Way way) {
        return Arrays.stream(result(shift, way).accuracies()).average().orElseThrow();
    }

    private List<Claim> claims(Shift shift) {
        return switch (shift.name()) {
            case "input" -> List.of(better(shift, "the first group alone beats all layers", Way.FIRST, Way.ALL),
                    better(shift, "chosen rates (auto) beat all layers at one rate", Way.AUTO, Way.ALL));
            case "output" -> List.of(Claim.above(-MARGIN, "output: the head alone is enough: at most 2 points below all layers",
                    measured(shift, Way.HEAD, Way.ALL), difference(shift, Way.HEAD, Way.ALL), Unit.POINTS));
            case "near" -> {
                Way farthest = Stream.of(Way.EARLY_LOW, Way.LATE_LOW, Way.FREEZE)
                        .max(Comparator.comparing(way -> Math.abs(difference(shift, way, Way.ALL).mean()))).orElseThrow();
                yield List.of(Claim.within(MARGIN, "near: it makes little difference: less than 2 points, whichever layers have the lower"
                        + " rate", measured(shift, farthest, Way.ALL), difference(shift, farthest, Way.ALL), Unit.POINTS));
            }
            default -> List.of(Claim.above(0, "far: all layers are needed: they beat the head alone", measured(shift, Way.ALL, Way.HEAD)
                    + "; rate of all layers on each shift: " + rates(), difference(shift, Way.ALL, Way.HEAD), Unit.POINTS));
        };
    }

    /** The chosen rate of all layers on each shift. */
    private String rates() {
        return String.join(", ", results.keySet().stream().map(shift -> shift.name() + " " + result(shift, Way.ALL).rate()).toList());
    }

    private Claim better(Shift shift, String claim, Way way, Way than) {
        return Claim.above(0, shift.name() + ": " + claim, measured(shift, way, than), difference(shift, way, than), Unit.POINTS);
    }

    private String measured(Shift shift, Way way, Way than) {
        return way.label() + " " + Numbers.percent(mean(shift, way)) + ", " + than.label() + " " + Numbers.percent(mean(shift, than));
    }

    /** For each shift the best way, and where early layers need no small rate. */
    private String summary(List<Claim> order) {
        List<String> best = results.keySet().stream().map(shift -> {
            Way way = Stream.of(Way.values()).max(Comparator.comparing(w -> mean(shift, w))).orElseThrow();
            return shift.name() + " " + way.label() + " (" + Numbers.percent(mean(shift, way)) + ")";
        }).toList();
        long holds = Claim.count(order, Verdict.HOLDS);
        long fails = Claim.count(order, Verdict.FAILS);
        long open = order.size() - holds - fails;
        return "Best on each shift: " + String.join("; ", best) + ". Low rates for early layers beat low rates for late ones on " + holds
                + " of " + order.size() + " shifts, lose on " + fails + ", and " + open + (open == 1 ? " is" : " are") + " undecided.";
    }

    private String done() {
        return "<p>A pretrained network is trained further on targets that differ from its origin in one respect, in "
                + Way.values().length + " ways. All ways have the same start (a head trained alone for " + TaskLearner.HEAD_EPOCHS
                + " epochs, where the classes are new), the same " + amount.trained() + " images in the same order and " + amount.epochs()
                + " epochs; " + amount.draws() + " draws of the training images, each tested on the same " + amount.tested()
                + " images. The rate of each way is the best of " + ShiftsChapter.RATES.stream().map(String::valueOf).reduce((a, b) -> a
                        + ", " + b).orElseThrow()
                + " on one more draw; auto and L-DoG choose theirs. Where rates differ, the lowest is 1/100 of the highest, with even"
                + " ratios from group to group.</p>\n<p>Differences are paired by draw. The interval is that of the mean at 95 %"
                + " confidence, by Student’s t; p is that of the exact permutation test, which changes the signs of the "
                + amount.draws() + " differences and cannot fall below " + String.format(Locale.ROOT, "%.4f", 2 / Math.pow(2,
                        amount.draws()))
                + ". Neither is corrected for the number of comparisons. " + diverged() + "</p>\n<p class=\"quiet\">After Lee et al. 2023,"
                + " “Surgical fine-tuning improves adaptation to distribution shifts”; corruptions after Hendrycks and Dietterich 2019;"
                + " statistics re-estimated after Schneider et al. 2020.</p>\n";
    }

    private String diverged() {
        int count = results.values().stream().flatMap(shift -> shift.ways().values().stream()).mapToInt(Result::diverged).sum();
        return count == 0 ? "No training that is counted diverged."
                : "A training that diverged counts with the accuracy of a guess: " + count + " of those counted, marked in the tables.";
    }

    private String section(Shift shift) {
        List<IntervalChart.Row> rows = new ArrayList<>();
        List<List<String>> table = new ArrayList<>();
        for (Way way : Way.values()) {
            Result result = result(shift, way);
            boolean base = way == Way.ALL;
            PairedDifference by = difference(shift, way, Way.ALL);
            if (!base) {
                rows.add(new IntervalChart.Row(way.label(), 100 * by.low(), 100 * by.mean(), 100 * by.high()));
            }
            table.add(List.of(Html.text(way.label()), way.isRated() ? String.valueOf(result.rate()) : "–", Numbers.percent(mean(shift,
                    way)) + (result.diverged() == 0 ? "" : ", " + result.diverged() + " diverged"), base ? "–" : Numbers.points(by.mean()),
                    base ? "–" : Claim.interval(by, Unit.POINTS), base ? "–" : String.format(Locale.ROOT, "%.3f", by.p()), draws(result)));
        }
        return "<p>" + Html.text(shift.made()) + ".</p>\n<div class=\"charts\">"
                + Html.figure("Accuracy compared with all layers at one rate", new IntervalChart("difference in points", rows).html(),
                        "To the right of 0 a way is better. A line is the 95 % interval of the mean difference; where it crosses 0, these"
                                + " draws do not decide.")
                + "</div>\n" + Html.table(List.of("way", "rate", "accuracy", "difference", "95 % interval", "p", "draws"), table)
                + groups(results.get(shift));
    }

    private static String draws(Result result) {
        return String.join(" ", Arrays.stream(result.accuracies()).mapToObj(a -> String.format(Locale.ROOT, "%.1f", 100 * a)).toList());
    }

    private static String groups(OfShift shift) {
        if (shift.groups().isEmpty()) {
            return "<p class=\"quiet\">The training of all layers at one rate diverged on draw 1; its layer groups are not shown.</p>\n";
        }
        List<List<String>> rows = shift.groups().stream().map(group -> List.of(Html.text(group.name()),
                Numbers.compact(group.updateRatio()), Numbers.percent(group.distance()), Numbers.points(group.rewound() - shift.accuracy()),
                Numbers.points(group.noisy() - shift.accuracy()))).toList();
        Group most = shift.groups().stream().min(Comparator.comparingDouble(Group::rewound)).orElseThrow();
        return "<p>Each layer group when all are trained at one rate, on draw 1, where the accuracy is " + Numbers.percent(shift.accuracy())
                + ". " + (most.rewound() < shift.accuracy() ? "Most rests on the training of " + Html.text(most.name()) + "."
                        : "No group’s training alone raised it.")
                + "</p>\n"
                + Html.table(List.of("group", "update ratio", "distance from the start", "points, rewound", "points, with noise"),
                        rows)
                + "<p class=\"quiet\">Update ratio: the change of the weights in one step relative to their norm, mean over the steps."
                + " Rewound: the change of the accuracy when this group’s weights alone are put back to the start. With noise: when noise of "
                + Numbers.percent(GroupResilience.NOISE) + " of their size is added to them.</p>\n";
    }

    /** Accuracies from 0 to 1, differences from all layers at one rate, and the layer groups' measurements. */
    private ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("trained", amount.trained()).put("tested", amount.tested())
                .put("epochs", amount.epochs()).put("draws", amount.draws());
        ArrayNode shifts = json.putArray("shifts");
        results.forEach((shift, found) -> {
            ObjectNode one = shifts.addObject().put("name", shift.name()).put("made", shift.made());
            ArrayNode ways = one.putArray("ways");
            found.ways().forEach((way, result) -> {
                ObjectNode of = ways.addObject().put("way", way.label()).put("mean", mean(shift, way))
                        .put("lr", way.isRated() ? result.rate() : null).put("diverged", result.diverged());
                Arrays.stream(result.accuracies()).forEach(of.withArray("accuracies")::add);
                if (way != Way.ALL) {
                    difference(shift, way, Way.ALL).json(of);
                }
            });
            ArrayNode groups = one.put("groups_accuracy", found.accuracy()).putArray("groups");
            found.groups().forEach(group -> groups.addObject().put("group", group.name()).put("update_ratio", group.updateRatio())
                    .put("relative_distance", group.distance()).put("rewound", group.rewound()).put("noisy", group.noisy()));
        });
        return json;
    }
}
