package thaw.finetune.augment;

import java.util.Arrays;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;

/** DrawnImages computed from coordinates, and preparations that leave samples as they are. */
final class Waves {
    private Waves() {
    }

    /** {@code (7 x + 13 y + 29 c + x y mod 31) mod 256}. */
    static RgbImage image(int width, int height) {
        byte[] rgb = new byte[3 * width * height];
        for (int i = 0; i < rgb.length; i++) {
            int x = i / 3 % width;
            int y = i / 3 / width;
            rgb[i] = (byte) (x * 7 + y * 13 + i % 3 * 29 + x * y % 31);
        }
        return RgbImage.of(width, height, rgb);
    }

    static RgbImage gray(int side, int level) {
        byte[] rgb = new byte[3 * side * side];
        Arrays.fill(rgb, (byte) level);
        return RgbImage.of(side, side, rgb);
    }

    /** Squares of {@code size} pixels without another resize; ImageNet's normalization. */
    static Transforms prepare(int size) {
        return Transforms.of(size).resize(size);
    }

    /** Levels for {@link Resampling} under which a sample stays as it is. */
    static float[][] asTheyAre() {
        float[][] levels = new float[3][256];
        for (float[] level : levels) {
            for (int i = 0; i < 256; i++) {
                level[i] = i;
            }
        }
        return levels;
    }
}
