package thaw.finetune.augment;

/** Checks of settings. Messages name the transform, the setting and the expected range. */
final class Range {
    private Range() {
    }

    static void probability(String what, double p) {
        require(what, p >= 0 && p <= 1, "a probability from 0 to 1", p);
    }

    static void require(String what, boolean sensible, String expected, double value) {
        if (!sensible) {
            throw new IllegalArgumentException(what + ": expected " + expected + ", got " + value);
        }
    }
}
