package thaw.finetune.lesson;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import thaw.finetune.lesson.ShiftExperiment.Result;
import thaw.finetune.report.Html;
import thaw.finetune.report.IntervalChart;

/** The results of {@link ShiftsChapter}, as a page and as JSON. Every verdict is made from the numbers. */
public final class ShiftsPage {

    /** The margin, in accuracy, within which two ways count as equally good. */
    private static final double MARGIN = 0.02;
    private static final String STYLE = "td .words { display: block; white-space: normal; min-width: 9rem; text-align: left; }\n";
    private static final String QUESTION = "Why do early layers get a small rate?";

    private final ShiftsChapter.Amount amount;
    private final Map<Shift, Map<Way, Result>> results;

    /**
     * A claim about a shift.
     *
     * @param by the difference that decides it
     */
    private record Claim(Shift shift, String claim, String measured, PairedDifference by, Verdict verdict) {
    }

    private enum Verdict {
        HOLDS("borne out"), FAILS("not borne out"), OPEN("undecided");

        private final String words;

        Verdict(String words) {
            this.words = words;
        }

        /** The verdict on the claim that a difference is above a bound. */
        static Verdict above(PairedDifference by, double bound) {
            return by.low() > bound ? HOLDS : by.high() < bound ? FAILS : OPEN;
        }

        /** The verdict on the claim that a difference is within the margin on both sides. */
        static Verdict small(PairedDifference by) {
            return by.low() > -MARGIN && by.high() < MARGIN ? HOLDS : by.low() > MARGIN || by.high() < -MARGIN ? FAILS : OPEN;
        }
    }

    ShiftsPage(ShiftsChapter.Amount amount, Map<Shift, Map<Way, Result>> results) {
        this.amount = amount;
        this.results = results;
    }

    private PairedDifference difference(Shift shift, Way way, Way from) {
        return PairedDifference.of(results.get(shift).get(way).accuracies(), results.get(shift).get(from).accuracies());
    }

    private double mean(Shift shift, Way way) {
        return Arrays.stream(results.get(shift).get(way).accuracies()).average().orElseThrow();
    }

    // ---- claims --------------------------------------------------------------------------------------------------

    private List<Claim> claims() {
        List<Claim> claims = new ArrayList<>();
        for (Shift shift : results.keySet()) {
            switch (shift.name()) {
                case "input" -> {
                    claims.add(better(shift, "the first group alone beats all layers", Way.FIRST, Way.ALL));
                    claims.add(better(shift, "Auto-RGN beats all layers at one rate", Way.AUTO, Way.ALL));
                }
                case "output" -> {
                    PairedDifference by = difference(shift, Way.HEAD, Way.ALL);
                    claims.add(new Claim(shift, "the head alone is enough: at most 2 points below all layers", measured(shift, Way.HEAD,
                            Way.ALL), by, Verdict.above(by, -MARGIN)));
                }
                case "near" -> {
                    Way farthest = Stream.of(Way.EARLY_LOW, Way.LATE_LOW, Way.FREEZE)
                            .max(Comparator.comparing(way -> Math.abs(difference(shift, way, Way.ALL).mean()))).orElseThrow();
                    PairedDifference by = difference(shift, farthest, Way.ALL);
                    claims.add(new Claim(shift, "it makes little difference: less than 2 points, whichever layers have the lower rate",
                            measured(shift, farthest, Way.ALL), by, Verdict.small(by)));
                }
                default -> {
                    PairedDifference by = difference(shift, Way.ALL, Way.HEAD);
                    claims.add(new Claim(shift, "all layers are needed: they beat the head alone", measured(shift, Way.ALL, Way.HEAD)
                            + "; rate of all layers on each shift: " + rates(), by, Verdict.above(by, 0)));
                }
            }
        }
        results.keySet().forEach(shift -> claims.add(better(shift, "low rates for early layers beat low rates for late ones",
                Way.EARLY_LOW, Way.LATE_LOW)));
        return claims;
    }

    /** The chosen rate of all layers on each shift. */
    private String rates() {
        return String.join(", ", results.keySet().stream().map(shift -> shift.name() + " " + results.get(shift).get(Way.ALL).rate())
                .toList());
    }

    private Claim better(Shift shift, String claim, Way way, Way than) {
        PairedDifference by = difference(shift, way, than);
        return new Claim(shift, claim, measured(shift, way, than), by, Verdict.above(by, 0));
    }

    private String measured(Shift shift, Way way, Way than) {
        return way.label() + " " + percent(mean(shift, way)) + ", " + than.label() + " " + percent(mean(shift, than));
    }

    // ---- page ----------------------------------------------------------------------------------------------------

    /** The page. @param command the command line that repeats it */
    public String html(String command) {
        StringBuilder html = new StringBuilder("<p class=\"lead\">").append(summary()).append("</p>\n");
        html.append(Html.section("What is done", "<p>A pretrained network is trained further on targets that differ from its origin in one"
                + " respect, in " + Way.values().length + " ways. All ways have the same start (a head trained alone for "
                + ShiftExperiment.HEAD_EPOCHS + " epochs, where the classes are new), the same " + amount.trained()
                + " images in the same order and " + amount.epochs() + " epochs; " + amount.draws() + " draws of the training images,"
                + " each tested on the same " + amount.tested() + " images. The rate of each way is the best of "
                + ShiftExperiment.RATES.stream().map(String::valueOf).reduce((a, b) -> a + ", " + b).orElseThrow()
                + " on one more draw; Auto-RGN and L-DoG choose theirs. Where rates differ, the lowest is 1/100 of the highest, with even ratios from group to group.</p>\n"
                + "<p>Differences are paired by draw. The interval is that of the mean at 95 % confidence, by Student’s t; p is that of"
                + " the exact permutation test, which changes the signs of the " + amount.draws() + " differences and cannot fall below "
                + String.format(Locale.ROOT, "%.4f", 2 / Math.pow(2, amount.draws())) + ". Neither is corrected for the number of"
                + " comparisons.</p>\n"));
        html.append(Html.section("Claims", Html.table(List.of("shift", "claim", "measured", "difference", "95 % interval", "verdict"),
                claims().stream().map(claim -> List.of(claim.shift.name(), words(claim.claim), words(claim.measured),
                        points(claim.by.mean()), interval(claim.by), claim.verdict.words)).toList())));
        results.keySet().forEach(shift -> html.append(Html.section("The shift “" + shift.name() + "”", section(shift))));
        html.append(Html.section("Repeat it", "<p><code>" + Html.text(command) + "</code></p>\n<p>The experiment is in <code>"
                + ShiftsChapter.SOURCE + "</code>. After Lee et al. 2023, “Surgical fine-tuning improves adaptation to distribution"
                + " shifts”; corruptions after Hendrycks and Dietterich 2019; statistics re-estimated after Schneider et al."
                + " 2020.</p>\n"));
        return Html.page(QUESTION, STYLE, html.append("<footer>Generated by Thaw. Point at a dot in a chart to see its value.</footer>\n")
                .toString());
    }

    private static String words(String text) {
        return "<span class=\"words\">" + Html.text(text) + "</span>";
    }

    /** For each shift the best way, and where early layers need no small rate. */
    private String summary() {
        List<String> best = results.keySet().stream().map(shift -> {
            Way way = Stream.of(Way.values()).max(Comparator.comparing(w -> mean(shift, w))).orElseThrow();
            return shift.name() + " " + way.label() + " (" + percent(mean(shift, way)) + ")";
        }).toList();
        List<Claim> order = claims().subList(claims().size() - results.size(), claims().size());
        long holds = order.stream().filter(claim -> claim.verdict == Verdict.HOLDS).count();
        long fails = order.stream().filter(claim -> claim.verdict == Verdict.FAILS).count();
        return "Best on each shift: " + String.join("; ", best) + ". Low rates for early layers beat low rates for late ones on " + holds
                + " of " + order.size() + " shifts, lose on " + fails + ", and " + (order.size() - holds - fails)
                + (order.size() - holds - fails == 1 ? " is" : " are") + " undecided.";
    }

    private String section(Shift shift) {
        List<IntervalChart.Row> rows = new ArrayList<>();
        List<List<String>> table = new ArrayList<>();
        for (Way way : Way.values()) {
            Result result = results.get(shift).get(way);
            PairedDifference by = difference(shift, way, Way.ALL);
            if (way != Way.ALL) {
                rows.add(new IntervalChart.Row(way.label(), 100 * by.low(), 100 * by.mean(), 100 * by.high()));
            }
            table.add(List.of(Html.text(way.label()), way.isRated() ? String.valueOf(result.rate()) : "–", percent(mean(shift, way)),
                    way == Way.ALL ? "–" : points(by.mean()), way == Way.ALL ? "–" : interval(by),
                    way == Way.ALL ? "–" : String.format(Locale.ROOT, "%.3f", by.p()), draws(result)));
        }
        return "<p>" + Html.text(shift.made()) + ".</p>\n<div class=\"charts\">"
                + Html.figure("Accuracy compared with all layers at one rate", new IntervalChart("difference in points", rows).html(),
                        "To the right of 0 a way is better. A line is the 95 % interval of the mean difference; where it crosses 0, these"
                                + " draws do not decide.")
                + "</div>\n" + Html.table(List.of("way", "rate", "accuracy", "difference", "95 % interval", "p", "draws"), table);
    }

    private static String draws(Result result) {
        return String.join(" ", Arrays.stream(result.accuracies()).mapToObj(a -> String.format(Locale.ROOT, "%.1f", 100 * a)).toList());
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    private static String points(double difference) {
        // Adding 0 turns -0 into 0.
        return String.format(Locale.ROOT, "%+.1f", Math.round(1000 * difference) / 10.0 + 0.0);
    }

    private static String interval(PairedDifference by) {
        return Double.isNaN(by.low()) ? "–" : points(by.low()) + " to " + points(by.high());
    }

    // ---- JSON ----------------------------------------------------------------------------------------------------

    /** Adds the same numbers to an object: accuracies from 0 to 1, differences from all layers at one rate, claims. */
    public void json(ObjectNode json) {
        json.put("chapter", "shifts").put("trained", amount.trained()).put("tested", amount.tested()).put("epochs", amount.epochs())
                .put("draws", amount.draws());
        ArrayNode shifts = json.putArray("shifts");
        for (Shift shift : results.keySet()) {
            ArrayNode ways = shifts.addObject().put("name", shift.name()).put("made", shift.made()).putArray("ways");
            for (Way way : Way.values()) {
                Result result = results.get(shift).get(way);
                ObjectNode one = ways.addObject().put("way", way.label()).put("mean", mean(shift, way));
                one.put("lr", way.isRated() ? result.rate() : null);
                Arrays.stream(result.accuracies()).forEach(one.withArray("accuracies")::add);
                if (way != Way.ALL) {
                    numbers(one, difference(shift, way, Way.ALL));
                }
            }
        }
        ArrayNode claims = json.putArray("claims");
        claims().forEach(claim -> numbers(claims.addObject().put("shift", claim.shift.name()).put("claim", claim.claim)
                .put("measured", claim.measured), claim.by).put("verdict", claim.verdict.words));
    }

    private static ObjectNode numbers(ObjectNode to, PairedDifference by) {
        return to.put("difference", by.mean()).put("low", by.low()).put("high", by.high()).put("p", by.p());
    }

    /** The claims with their verdicts in plain text, a line each. */
    public List<String> verdicts() {
        return claims().stream().map(claim -> claim.shift.name() + ": " + claim.claim + ": " + claim.verdict.words + " ("
                + claim.measured + "; difference " + points(claim.by.mean()) + ", 95 % interval " + interval(claim.by) + ")").toList();
    }
}
