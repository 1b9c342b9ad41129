package thaw.finetune.images;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import javax.imageio.ImageReader;

/**
 * Where the first frame of a GIF lies on its canvas (GIF89a, sections 18 and 20): the logical screen, widened where the frame
 * leaves it. The rest of the canvas has the frame's transparent color, and its first color where there is none, as in Pillow.
 *
 * @param background index of the color around the frame
 */
record GifCanvas(int width, int height, int left, int top, int background) {
    /** Of the canvas, of the frame, and of the frame's indices. */
    static final int BYTES_PER_PIXEL = 7;

    private static final int HEADER_BYTES = 13;
    private static final int EXTENSION = 0x21;
    private static final int GRAPHIC_CONTROL = 0xf9;
    private static final int FRAME = 0x2c;

    /** @throws IOException when the file ends before its first frame begins */
    static GifCanvas of(byte[] file) throws IOException {
        try {
            ByteBuffer gif = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
            int at = HEADER_BYTES + colorTableBytes(gif.get(10));
            int transparent = 0;
            while (gif.get(at) != FRAME) {
                if (gif.get(at) != EXTENSION) {
                    at++;
                    continue;
                }
                if ((gif.get(at + 1) & 0xff) == GRAPHIC_CONTROL && gif.get(at + 2) >= 4 && (gif.get(at + 3) & 1) != 0) {
                    transparent = gif.get(at + 6) & 0xff;
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
                    Math.max(bottom, Short.toUnsignedInt(gif.getShort(8))), left, top, transparent);
        } catch (IndexOutOfBoundsException cutShort) {
            throw new IOException("it ends before its first frame begins", cutShort);
        }
    }

    private static int colorTableBytes(int flags) {
        return (flags & 0x80) == 0 ? 0 : 3 << (flags & 7) + 1;
    }

    /** The first frame on its canvas. */
    RgbImage read(ImageReader reader) throws IOException {
        BufferedImage image = reader.read(0);
        RgbImage frame = RgbImage.of(image);
        if (frame.width() == width && frame.height() == height) {
            return frame;
        }
        byte[] rgb = new byte[3 * width * height];
        if (image.getColorModel() instanceof IndexColorModel palette && background < palette.getMapSize()) {
            byte[] color = {(byte) palette.getRed(background), (byte) palette.getGreen(background),
                (byte) palette.getBlue(background)};
            for (int i = 0; i < rgb.length; i++) {
                rgb[i] = color[i % 3];
            }
        }
        for (int y = 0; y < Math.min(frame.height(), height - top); y++) {
            int row = 3 * y * frame.width();
            byte[] pixels = Arrays.copyOfRange(frame.rgb(), row, row + 3 * Math.min(frame.width(), width - left));
            System.arraycopy(pixels, 0, rgb, 3 * ((top + y) * width + left), pixels.length);
        }
        return RgbImage.of(width, height, rgb);
    }
}
