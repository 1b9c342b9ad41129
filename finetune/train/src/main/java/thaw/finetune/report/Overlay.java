package thaw.finetune.report;

import java.awt.Color;
import java.awt.image.BufferedImage;
import thaw.finetune.images.RgbImage;
import thaw.resnet.visualize.Heatmap;

/** An image with a heat map on it. */
public final class Overlay {

    private Overlay() {
    }

    /** An image in grey beneath a map's positive values in red, and its negative ones in blue. */
    public static BufferedImage of(RgbImage image, Heatmap map) {
        Heatmap heat = map.resize(image.width(), image.height());
        float most = Math.max(1e-12f, heat.largest());
        BufferedImage drawn = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                // Rec. 601's luma.
                float luma = 0.299f * image.sample(x, y, 0) + 0.587f * image.sample(x, y, 1) + 0.114f * image.sample(x, y, 2);
                float share = heat.values()[y * image.width() + x] / most;
                float alpha = 0.75f * Math.abs(share);
                Color tint = share > 0 ? new Color(255, 60, 0) : new Color(0, 110, 255);
                drawn.setRGB(x, y, mix(luma, tint.getRed(), alpha) << 16 | mix(luma, tint.getGreen(), alpha) << 8
                        | mix(luma, tint.getBlue(), alpha));
            }
        }
        return drawn;
    }

    private static int mix(float a, float b, float share) {
        return Math.round(a + (b - a) * share);
    }
}
