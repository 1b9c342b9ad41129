package thaw.finetune.synthetic;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.util.SplittableRandom;

/** Converts a canvas to an image: focus, light, exposure, and sensor noise. */
final class Camera {

    private Camera() {
    }

    /**
     * The image of a canvas, whose pixels may be blurred in place.
     *
     * @param scale number of canvas pixels per image pixel, along each axis
     */
    static BufferedImage photograph(Canvas canvas, int scale, SplittableRandom r) {
        BoxBlur.blur(canvas.pixels(), canvas.side(), (int) Math.round(canvas.side() * Math.max(0, r.nextDouble(-0.03, 0.02))));
        double angle = r.nextDouble(2 * Math.PI);
        double slope = r.nextDouble(0.6);
        double lightX = slope * Math.cos(angle);
        double lightY = slope * Math.sin(angle);
        double exposure = r.nextDouble(0.75, 1.2);
        double contrast = r.nextDouble(0.7, 1.1);
        double noise = r.nextDouble(4, 22);
        int size = canvas.side() / scale;
        BufferedImage photograph = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
        int[] out = ((DataBufferInt) photograph.getRaster().getDataBuffer()).getData();
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                long sum = boxSum(canvas, x * scale, y * scale, scale);
                double light = exposure * (1 + lightX * ((x + 0.5) / size - 0.5) + lightY * ((y + 0.5) / size - 0.5));
                double gain = contrast * light / (scale * scale);
                double offset = 0.5 * (1 - contrast) * 255 * light;
                long dice = r.nextLong();
                double grey = noise * triangular(dice);
                int red = level(gain * (sum >> 40) + offset + grey + 0.6 * noise * triangular(dice >> 16));
                int green = level(gain * (sum >> 20 & 0xFFFFF) + offset + grey + 0.6 * noise * triangular(dice >> 32));
                int blue = level(gain * (sum & 0xFFFFF) + offset + grey + 0.6 * noise * triangular(dice >> 48));
                out[y * size + x] = red << 16 | green << 8 | blue;
            }
        }
        return photograph;
    }

    /** The sums of red, green and blue over a square, packed into 20 bits each. */
    private static long boxSum(Canvas canvas, int left, int top, int scale) {
        long sum = 0;
        for (int y = top; y < top + scale; y++) {
            for (int x = left; x < left + scale; x++) {
                long p = canvas.pixels()[y * canvas.side() + x];
                sum += (p >> 16 & 255) << 40 | (p >> 8 & 255) << 20 | p & 255;
            }
        }
        return sum;
    }

    /** The difference of two random bytes, in [−1, 1]: a triangular distribution, which approximates the normal one. */
    private static double triangular(long bits) {
        return ((bits & 255) - (bits >> 8 & 255)) / 255.0;
    }

    private static int level(double value) {
        return value <= 0 ? 0 : value >= 255 ? 255 : (int) (value + 0.5);
    }
}
