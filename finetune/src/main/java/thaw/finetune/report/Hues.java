package thaw.finetune.report;

/** Colours of things that have an order, such as layer groups: cold ones first, warm ones last. */
final class Hues {
    private static final int COLD = 222;
    private static final int WARM = 12;

    private Hues() {
    }

    /** A hue in degrees. */
    static int of(int index, int count) {
        return count == 1 ? COLD : Math.round(COLD + (WARM - COLD) * (float) index / (count - 1));
    }
}
