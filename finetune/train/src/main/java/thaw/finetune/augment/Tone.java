package thaw.finetune.augment;

/**
 * The curve that maps a sample {@code x} from 0 to 1: {@code sigmoid(scale · logit(x) + shift) + added}, where {@code added}
 * depends on the channel. As in fastai, brightness and contrast share one logit and one sigmoid.
 */
public record Tone(double scale, double shift, double red, double green, double blue) {
    /** The curve that changes nothing. */
    public static final Tone NEUTRAL = new Tone(1, 0, 0, 0, 0);
    /** fastai's least distance of samples from 0 and 1, whose logits are infinite. */
    private static final double MARGIN = 1e-7;

    /**
     * A copy with the logit of {@code change} added to the shift.
     *
     * @param change above 0 and below 1; 0.5 for no change
     */
    public Tone brightness(double change) {
        return new Tone(scale, shift + StrictMath.log(change / (1 - change)), red, green, blue);
    }

    /**
     * A copy with scale and shift multiplied by {@code change}.
     *
     * @param change above 0; 1 for no change
     */
    public Tone contrast(double change) {
        return new Tone(scale * change, shift * change, red, green, blue);
    }

    /** A copy that adds more to each channel. */
    public Tone plus(double moreRed, double moreGreen, double moreBlue) {
        return new Tone(scale, shift, red + moreRed, green + moreGreen, blue + moreBlue);
    }

    /** Computed as {@code 1 / (1 + e^-shift (1/x - 1)^scale) + added}; exactly {@code x + added} without scale and shift. */
    double apply(double x, int channel) {
        double added = switch (channel) {
            case 0 -> red;
            case 1 -> green;
            default -> blue;
        };
        if (scale == 1 && shift == 0) {
            return x + added;
        }
        double inside = Math.max(MARGIN, Math.min(1 - MARGIN, x));
        return 1 / (1 + StrictMath.exp(-shift) * StrictMath.pow(1 / inside - 1, scale)) + added;
    }
}
