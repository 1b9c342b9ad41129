package thaw.finetune.lesson;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import thaw.finetune.report.Numbers;

/**
 * A claim with its verdict, which follows from the numbers.
 *
 * @param by the difference that decides it; null if the claim is about numbers without spread, such as counts
 */
record Claim(String claim, String measured, @Nullable PairedDifference by, Unit unit, Verdict verdict) {

    /** The unit of a claim's difference. */
    enum Unit {
        /** Percentage points. */
        POINTS,
        /** Percent of a whole. */
        PERCENT,
        /** Cross-entropy. */
        LOSS;

        String text(double difference) {
            return switch (this) {
                case POINTS -> Numbers.points(difference);
                case PERCENT -> Numbers.points(difference) + " %";
                // Adding 0 turns -0 into 0.
                case LOSS -> !Double.isFinite(difference) ? "–"
                        : String.format(Locale.ROOT, "%+.3f", Math.round(1000 * difference) / 1000.0 + 0.0);
            };
        }
    }

    enum Verdict {
        HOLDS("borne out"), FAILS("not borne out"), OPEN("undecided");

        private final String words;

        Verdict(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }

    /** The claim that a difference is above a bound: borne out if its whole interval is, not borne out if none of it is. */
    static Claim above(double bound, String claim, String measured, PairedDifference by, Unit unit) {
        return new Claim(claim, measured, by, unit, by.low() > bound ? Verdict.HOLDS : by.high() < bound ? Verdict.FAILS : Verdict.OPEN);
    }

    /** The claim that a difference is within a margin on both sides of 0. */
    static Claim within(double margin, String claim, String measured, PairedDifference by, Unit unit) {
        return new Claim(claim, measured, by, unit, by.low() > -margin && by.high() < margin ? Verdict.HOLDS
                : by.low() > margin || by.high() < -margin ? Verdict.FAILS : Verdict.OPEN);
    }

    /** A claim about numbers without spread. */
    static Claim exact(boolean holds, String claim, String measured) {
        return new Claim(claim, measured, null, Unit.PERCENT, holds ? Verdict.HOLDS : Verdict.FAILS);
    }

    /** The number of claims with a verdict. */
    static long count(List<Claim> claims, Verdict verdict) {
        return claims.stream().filter(claim -> claim.verdict == verdict).count();
    }

    /** The difference; a dash if there is none. */
    String difference() {
        return by == null ? "–" : unit.text(by.mean());
    }

    /** The 95 % interval of the difference; a dash for a single draw. */
    String interval() {
        return by == null ? "exact" : interval(by, unit);
    }

    static String interval(PairedDifference by, Unit unit) {
        return Double.isNaN(by.low()) ? "–" : unit.text(by.low()) + " to " + unit.text(by.high());
    }

    /** In plain text, on a line. */
    @Override
    public String toString() {
        return claim + ": " + verdict.words + " (" + measured
                + (by == null ? "" : "; difference " + difference() + ", 95 % interval " + interval()) + ")";
    }

    void json(ObjectNode to) {
        to.put("claim", claim).put("measured", measured);
        if (by != null) {
            by.json(to);
        }
        to.put("verdict", verdict.words);
    }
}
