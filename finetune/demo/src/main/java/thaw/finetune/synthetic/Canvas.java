package thaw.finetune.synthetic;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.util.Arrays;

/**
 * A square on which outlines are filled with surfaces. Java2D draws the outlines into a mask of coverages; this class evaluates
 * the surfaces, only where the mask is not 0, which is several times faster than a {@code TexturePaint}. Not thread-safe.
 */
final class Canvas {

    private final int side;
    private final int[] pixels;
    private final int[] mask;
    private final Graphics2D maskGraphics;

    Canvas(int side) {
        this.side = side;
        this.pixels = new int[side * side];
        BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
        this.mask = ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
        this.maskGraphics = image.createGraphics();
        maskGraphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        maskGraphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    }

    int side() {
        return side;
    }

    /** Packed RGB, row by row; not a copy. */
    int[] pixels() {
        return pixels;
    }

    /** Fills the whole canvas. */
    void fill(Surface surface) {
        for (int y = 0, i = 0; y < side; y++) {
            for (int x = 0; x < side; x++, i++) {
                pixels[i] = surface.rgb((x + 0.5) / side, (y + 0.5) / side);
            }
        }
    }

    /** Fills an outline, whose coordinates are in the canvas's units: [0, 1]² is the whole canvas. */
    void fill(Shape outline, Surface surface) {
        Arrays.fill(mask, 0);
        maskGraphics.setTransform(AffineTransform.getScaleInstance(side, side));
        maskGraphics.setColor(Color.RED);
        maskGraphics.fill(outline);
        for (int y = 0, i = 0; y < side; y++) {
            for (int x = 0; x < side; x++, i++) {
                int coverage = mask[i] >> 16 & 255;
                if (coverage > 0) {
                    int rgb = surface.rgb((x + 0.5) / side, (y + 0.5) / side);
                    pixels[i] = coverage == 255 ? rgb : Surface.mix(pixels[i], rgb, coverage / 255.0);
                }
            }
        }
    }

    /**
     * Draws an object.
     *
     * @param place maps the figure's units to the canvas's
     * @param look the object's surfaces, edge and shadow
     */
    void draw(Figure figure, AffineTransform place, Look look) {
        stencil(figure, place);
        shadow(look);
        int[] inner = mask.clone();
        BoxBlur.blur(inner, side, (int) Math.max(1, Math.round(look.rim() * side)));
        for (int y = 0, i = 0; y < side; y++) {
            for (int x = 0; x < side; x++, i++) {
                double coverage = (mask[i] >> 16 & 255) / 255.0;
                if (coverage > 0) {
                    double marked = Math.min(1, (mask[i] >> 8 & 255) / 255.0 / coverage);
                    double u = (x + 0.5) / side;
                    double v = (y + 0.5) / side;
                    int rgb = look.body().rgb(u, v);
                    if (marked > 0) {
                        rgb = Surface.mix(rgb, look.marks().rgb(u, v), marked);
                    }
                    // The mean coverage around a point on a straight edge is 1/2; it rises to 1 further inside.
                    double depth = Math.max(0, Math.min(1, 2 * (inner[i] >> 16 & 255) / 255.0 - 1));
                    double clear = look.hollow() * depth * (1 - marked);
                    rgb = Surface.mix(rgb, look.edge(), look.edgeStrength() * (1 - depth));
                    pixels[i] = Surface.mix(pixels[i], rgb, coverage * (1 - clear));
                }
            }
        }
    }

    /** Draws the mask: its red channel is coverage by the object, its green channel coverage by the object's marks. */
    private void stencil(Figure figure, AffineTransform place) {
        Arrays.fill(mask, 0);
        maskGraphics.setTransform(AffineTransform.getScaleInstance(side, side));
        maskGraphics.transform(place);
        for (Figure.Part part : figure.parts()) {
            maskGraphics.setColor(switch (part.role()) {
                case BODY -> Color.RED;
                case MARK -> Color.YELLOW;
                case HOLE -> Color.BLACK;
            });
            maskGraphics.fill(part.outline());
        }
    }

    private void shadow(Look look) {
        int dx = (int) Math.round(look.shadowX() * side);
        int dy = (int) Math.round(look.shadowY() * side);
        for (int y = Math.max(0, dy); y < Math.min(side, side + dy); y++) {
            for (int x = Math.max(0, dx); x < Math.min(side, side + dx); x++) {
                int coverage = mask[(y - dy) * side + x - dx] >> 16 & 255;
                if (coverage > 0) {
                    int i = y * side + x;
                    pixels[i] = Surface.mix(pixels[i], 0, look.shadow() * coverage / 255.0);
                }
            }
        }
    }
}
