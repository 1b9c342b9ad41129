package thaw.finetune.report;

/** Hues for ordered items such as layer groups, from cold to warm. */
final class Hues {
    private static final int COLD = 222;
    private static final int WARM = 12;

    private Hues() {
    }

    /** The hue, in degrees, of item {@code index} of {@code count}. */
    static int of(int index, int count) {
        return count == 1 ? COLD : Math.round(COLD + (WARM - COLD) * (float) index / (count - 1));
    }
}
