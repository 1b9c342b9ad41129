package thaw.finetune.images;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import javax.imageio.ImageReader;

/**
 * The canvas of a GIF and the position of its first frame (GIF89a, sections 18 and 20): the logical screen, extended if the
 * frame exceeds it. The rest of the canvas has the frame's transparent colour, or its first colour if there is none, as in
 * Pillow.
 *
 * @param background index of the colour around the frame
 * @param gray       whether there is no colour table, so that an index is a grey level
 * @param control    offset of the frame's graphic control extension in the file; -1 for none
 * @param frame      offset of the frame in the file
 */
record GifCanvas(int width, int height, int left, int top, int background, boolean gray, int control, int frame) {
    /** Peak memory: the canvas and the frame in RGB, and the frame's indices. */
    static final int BYTES_PER_PIXEL = 7;

    private static final int HEADER_BYTES = 13;
    private static final int EXTENSION = 0x21;
    private static final int GRAPHIC_CONTROL = 0xf9;
    private static final int CONTROL_BYTES = 8;
    private static final int FRAME = 0x2c;
    private static final int FRAME_BYTES = 10;
    /** An empty block, and the end of the file. */
    private static final byte[] TRAILER = {0, 0x3b};
    private static final int LONGEST_CODE = 12;

    /** @throws IOException if the file ends before its first frame begins */
    static GifCanvas of(byte[] file) throws IOException {
        try {
            ByteBuffer gif = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
            int at = HEADER_BYTES + colorTableBytes(gif.get(10));
            int transparent = 0;
            int control = -1;
            while (gif.get(at) != FRAME) {
                if (gif.get(at) != EXTENSION) {
                    at++;
                    continue;
                }
                if ((gif.get(at + 1) & 0xff) == GRAPHIC_CONTROL && gif.get(at + 2) == CONTROL_BYTES - 4) {
                    control = at;
                    transparent = (gif.get(at + 3) & 1) != 0 ? gif.get(at + 6) & 0xff : transparent;
                }
                at += 2;
                while (gif.get(at) != 0) {
                    at += 1 + (gif.get(at) & 0xff);
                }
                at++;
            }
            int left = Short.toUnsignedInt(gif.getShort(at + 1));
            int top = Short.toUnsignedInt(gif.getShort(at + 3));
            int right = left + Short.toUnsignedInt(gif.getShort(at + 5));
            int bottom = top + Short.toUnsignedInt(gif.getShort(at + 7));
            return new GifCanvas(Math.max(right, Short.toUnsignedInt(gif.getShort(6))),
                    Math.max(bottom, Short.toUnsignedInt(gif.getShort(8))), left, top, transparent,
                    colorTableBytes(gif.get(10)) == 0 && colorTableBytes(gif.get(at + 9)) == 0, control, at);
        } catch (IndexOutOfBoundsException cutShort) {
            throw new IOException("it ends before its first frame begins", cutShort);
        }
    }

    private static int colorTableBytes(int flags) {
        return (flags & 0x80) == 0 ? 0 : 3 << (flags & 7) + 1;
    }

    /**
     * The header, the graphic control and the first frame, up to its last pixel: the time of the JDK's reader grows with the square of
     * the number of a comment's blocks, and with the pixels of codes behind the last one, up to 4,000 for each.
     */
    byte[] plain(byte[] file) {
        int header = HEADER_BYTES + colorTableBytes(file[10]);
        int controlBytes = control < 0 ? 0 : CONTROL_BYTES;
        int frameBytes = frameEnd(file) - frame;
        byte[] plain = Arrays.copyOf(file, header + controlBytes + frameBytes + TRAILER.length);
        System.arraycopy(file, Math.max(0, control), plain, header, controlBytes);
        System.arraycopy(file, frame, plain, header + controlBytes, frameBytes);
        System.arraycopy(TRAILER, 0, plain, plain.length - TRAILER.length, TRAILER.length);
        return plain;
    }

    /** The end of the block of codes (GIF89a, appendix F) in which the frame's last pixel is, or the end of the file. */
    private int frameEnd(byte[] file) {
        ByteBuffer gif = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int at = frame + FRAME_BYTES + (frame + FRAME_BYTES > file.length ? 0 : colorTableBytes(file[frame + FRAME_BYTES - 1]));
        int literalBits = at < file.length ? file[at++] : 0;
        if (literalBits < 1 || literalBits >= LONGEST_CODE) {
            return file.length;
        }
        long pixelsLeft = (long) Short.toUnsignedInt(gif.getShort(frame + 5)) * Short.toUnsignedInt(gif.getShort(frame + 7));
        GifCodes codes = new GifCodes(literalBits);
        while (at < file.length && file[at] != 0) {
            int end = Math.min(file.length, at + 1 + (file[at] & 0xff));
            pixelsLeft -= codes.pixels(file, at + 1, end);
            at = end;
            if (pixelsLeft <= 0 || codes.ended()) {
                break;
            }
        }
        return at;
    }

    /** Reads the first frame, on its canvas. */
    RgbImage read(ImageReader reader) throws IOException {
        BufferedImage image = reader.read(0);
        RgbImage frame = gray ? ofIndices(image.getRaster()) : RgbImage.of(image);
        if (frame.width() == width && frame.height() == height) {
            return frame;
        }
        byte[] rgb = new byte[3 * width * height];
        byte[] color = backgroundColor(image);
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = color[i % 3];
        }
        for (int y = 0; y < frame.height(); y++) {
            System.arraycopy(frame.rgb(), 3 * y * frame.width(), rgb, 3 * ((top + y) * width + left), 3 * frame.width());
        }
        return RgbImage.of(width, height, rgb);
    }

    private byte[] backgroundColor(BufferedImage image) {
        if (gray) {
            return new byte[] {(byte) background, (byte) background, (byte) background};
        }
        int color = image.getColorModel() instanceof IndexColorModel table && background < table.getMapSize()
                ? table.getRGB(background) : 0;
        return new byte[] {(byte) (color >> 16), (byte) (color >> 8), (byte) color};
    }

    private static RgbImage ofIndices(Raster raster) {
        byte[] rgb = new byte[3 * raster.getWidth() * raster.getHeight()];
        int[] row = new int[raster.getWidth()];
        for (int y = 0, target = 0; y < raster.getHeight(); y++) {
            raster.getSamples(0, y, row.length, 1, 0, row);
            for (int index : row) {
                for (int c = 0; c < 3; c++) {
                    rgb[target++] = (byte) index;
                }
            }
        }
        return RgbImage.of(raster.getWidth(), raster.getHeight(), rgb);
    }
}
