package thaw.finetune.visualize;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import thaw.resnet.visualize.Heatmap;

/** Small images beside each other, in rows of equal squares. */
final class Mosaic {

    private static final int GAP = 1;
    private static final int LEAST_SIDE = 32;
    private static final int MOST_SIDE = 96;

    private final int columns;
    private final List<BufferedImage> tiles = new ArrayList<>();

    /** @param columns squares in a row */
    Mosaic(int columns) {
        this.columns = columns;
    }

    /** Appends a tile. */
    void add(BufferedImage tile) {
        tiles.add(tile);
    }

    /** All tiles, enlarged without smoothing or reduced to one side. */
    BufferedImage draw() {
        int widest = tiles.stream().mapToInt(tile -> Math.max(tile.getWidth(), tile.getHeight())).max().orElse(1);
        int side = widest >= LEAST_SIDE ? Math.min(widest, MOST_SIDE) : widest * ((LEAST_SIDE + widest - 1) / widest);
        int rows = Math.max(1, (tiles.size() + columns - 1) / columns);
        BufferedImage all = new BufferedImage(columns * (side + GAP) - GAP, rows * (side + GAP) - GAP, BufferedImage.TYPE_INT_ARGB);
        Graphics2D g = all.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, side < widest ? RenderingHints.VALUE_INTERPOLATION_BILINEAR
                : RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
        for (int i = 0; i < tiles.size(); i++) {
            g.drawImage(tiles.get(i), i % columns * (side + GAP), i / columns * (side + GAP), side, side, null);
        }
        g.dispose();
        return all;
    }

    /**
     * A part of {@code [3, height, width]} around zero, which is grey; the largest hundredth of the absolute values is black or white, so
     * that a single pixel does not hide the others.
     *
     * @param offset of its first number
     * @param plane  numbers between two colours
     */
    static BufferedImage around(float[] values, int offset, int plane, int stride, int width, int height) {
        float[] sizes = new float[3 * height * width];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = Math.abs(values[offset + i % 3 * plane + i / 3 / width * stride + i / 3 % width]);
        }
        Arrays.sort(sizes);
        float most = Math.max(1e-12f, sizes[sizes.length - 1 - sizes.length / 100]);
        BufferedImage drawn = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < height; i++) {
            for (int j = 0; j < width; j++) {
                int rgb = 0;
                for (int c = 0; c < 3; c++) {
                    float share = values[offset + c * plane + i * stride + j] / most;
                    rgb = rgb << 8 | Math.round(127.5f + 127.5f * Math.max(-1, Math.min(1, share)));
                }
                drawn.setRGB(j, i, rgb);
            }
        }
        return drawn;
    }

    /** A map from black, 0, to white, its largest value. */
    static BufferedImage grey(Heatmap map) {
        float most = Math.max(1e-12f, map.largest());
        BufferedImage drawn = new BufferedImage(map.width(), map.height(), BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < map.values().length; i++) {
            int level = Math.round(255 * Math.max(0, map.values()[i]) / most);
            drawn.setRGB(i % map.width(), i / map.width(), level << 16 | level << 8 | level);
        }
        return drawn;
    }
}
