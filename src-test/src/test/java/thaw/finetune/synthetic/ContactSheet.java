package thaw.finetune.synthetic;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;

/** An overview of a set: a row of synthetic images for each class, after the class's name. */
public final class ContactSheet {

    private static final int GAP = 4;

    private ContactSheet() {
    }

    /**
     * Draws the sheet as an RGB image. Needs a font in the system, for the names.
     *
     * @param perClass number of images in a row; their seeds are {@code seed}, {@code seed + 1}, …
     * @param size width and height of each image in pixels, 8 to 1024
     * @throws IllegalArgumentException if {@code perClass} is less than 1, or the size is out of range
     */
    public static BufferedImage draw(SyntheticImages set, int perClass, int size, long seed) {
        if (perClass < 1) {
            throw new IllegalArgumentException("a contact sheet shows at least 1 image per class, not " + perClass);
        }
        List<String> classes = set.classes();
        int margin = 96;
        int pitch = size + GAP;
        BufferedImage sheet = new BufferedImage(margin + perClass * pitch, GAP + classes.size() * pitch,
                BufferedImage.TYPE_INT_RGB);
        Graphics2D g = sheet.createGraphics();
        try {
            g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            g.setColor(Color.WHITE);
            g.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
            g.setColor(Color.DARK_GRAY);
            g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 15));
            int ascent = g.getFontMetrics().getAscent();
            for (int c = 0; c < classes.size(); c++) {
                int y = GAP + c * pitch;
                g.drawString(classes.get(c), 2 * GAP, y + (size + ascent) / 2 - 2);
                for (int i = 0; i < perClass; i++) {
                    g.drawImage(set.draw(c, seed + i, size), margin + i * pitch, y, null);
                }
            }
        } finally {
            g.dispose();
        }
        return sheet;
    }
}
