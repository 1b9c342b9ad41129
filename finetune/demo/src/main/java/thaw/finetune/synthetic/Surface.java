package thaw.finetune.synthetic;

import java.awt.Color;
import java.util.SplittableRandom;

/**
 * Two colours and the texture that mixes them.
 *
 * @param first packed RGB
 * @param second packed RGB
 */
record Surface(int first, int second, Texture texture) {

    /** A random colour, a second one near it or, in one of eight cases, independent of it, and a random texture. */
    static Surface random(SplittableRandom r) {
        int first = colour(r);
        return new Surface(first, r.nextInt(8) == 0 ? colour(r) : near(first, r), Texture.random(r));
    }

    /** A random surface whose mean colour differs from another's by {@code contrast}; the most distant one of 21 otherwise. */
    static Surface against(Surface other, double contrast, SplittableRandom r) {
        Surface best = random(r);
        for (int i = 0; i < 20 && distance(best.mean(), other.mean()) < contrast; i++) {
            Surface next = random(r);
            if (distance(next.mean(), other.mean()) > distance(best.mean(), other.mean())) {
                best = next;
            }
        }
        return best;
    }

    /** The same texture in darker (factor below 1) or brighter colours. */
    Surface shaded(double factor) {
        return new Surface(scale(first, factor), scale(second, factor), texture);
    }

    int rgb(double u, double v) {
        return mix(first, second, texture.at(u, v));
    }

    private int mean() {
        return mix(first, second, 0.5);
    }

    /** The mixture (1 − t)·a + t·b of two packed RGB colours, channel by channel. */
    static int mix(int a, int b, double t) {
        int w = (int) (t * 256 + 0.5);
        int red = ((a >> 16 & 255) * (256 - w) + (b >> 16 & 255) * w) >> 8;
        int green = ((a >> 8 & 255) * (256 - w) + (b >> 8 & 255) * w) >> 8;
        int blue = ((a & 255) * (256 - w) + (b & 255) * w) >> 8;
        return red << 16 | green << 8 | blue;
    }

    private static int colour(SplittableRandom r) {
        return Color.HSBtoRGB((float) r.nextDouble(), (float) r.nextDouble(0.05, 0.9), (float) r.nextDouble(0.2, 1)) & 0xFFFFFF;
    }

    private static int near(int rgb, SplittableRandom r) {
        float[] hsb = Color.RGBtoHSB(rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255, null);
        float brightness = (float) Math.max(0.08, Math.min(1, hsb[2] + (r.nextBoolean() ? 1 : -1) * r.nextDouble(0.08, 0.28)));
        return Color.HSBtoRGB(hsb[0] + (float) r.nextDouble(-0.08, 0.08), hsb[1], brightness) & 0xFFFFFF;
    }

    private static int scale(int rgb, double factor) {
        return factor <= 1 ? mix(0, rgb, factor) : mix(rgb, 0xFFFFFF, 1 - 1 / factor);
    }

    /** The Euclidean distance, with channels in [0, 1]. */
    private static double distance(int a, int b) {
        double red = ((a >> 16 & 255) - (b >> 16 & 255)) / 255.0;
        double green = ((a >> 8 & 255) - (b >> 8 & 255)) / 255.0;
        double blue = ((a & 255) - (b & 255)) / 255.0;
        return Math.sqrt(red * red + green * green + blue * blue);
    }
}
