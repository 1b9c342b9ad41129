package thaw.finetune.images;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** A frame of 19 x 13 pixels on canvases of other sizes; expected are CRC-32 of Pillow 12.3's output for the same bytes. */
class GifCanvasTest {
    private static final int TABLE_END = 13 + 48;

    @Test
    void frameOnALargerCanvas() throws IOException {
        assertDecodes(placed(40, 30, new byte[0]), 40, 30, 848903427L);
    }

    @Test
    void canvasIsWidenedWhereTheFrameLeavesIt() throws IOException {
        assertDecodes(placed(10, 8, new byte[0]), 24, 20, 2762233966L);
    }

    @Test
    void theRestHasTheTransparentColor() throws IOException {
        assertDecodes(placed(40, 30, HexFormat.of().parseHex("21f9040100000300")), 40, 30, 4271126272L);
    }

    /** The JDK's reader alone takes some seconds for a comment in 200,000 blocks of one byte. */
    @Test
    void aLongCommentTakesNoTime() throws IOException {
        ByteArrayOutputStream extensions = new ByteArrayOutputStream();
        extensions.writeBytes(HexFormat.of().parseHex("21f9040100000300" + "21fe"));
        extensions.writeBytes(HexFormat.of().parseHex("0161".repeat(200_000) + "00"));
        byte[] file = placed(40, 30, extensions.toByteArray());
        assertTimeout(Duration.ofSeconds(2), () -> assertDecodes(file, 40, 30, 4271126272L));
    }

    @Test
    void withoutColorTableAnIndexIsALevelOfGray() throws IOException {
        byte[] file = DrawnImages.resource("interlaced.gif");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        file[10] &= 0x7f;
        out.write(file, 0, 13);
        out.write(file, TABLE_END, file.length - TABLE_END);
        assertDecodes(out.toByteArray(), 19, 13, 3695167380L);
    }

    /** The fixture on a canvas of the given size, with its frame at (5, 7). */
    private static byte[] placed(int width, int height, byte[] extension) throws IOException {
        byte[] file = DrawnImages.resource("interlaced.gif");
        file[4] = '9';
        file[6] = (byte) width;
        file[8] = (byte) height;
        file[TABLE_END + 1] = 5;
        file[TABLE_END + 3] = 7;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(file, 0, TABLE_END);
        out.writeBytes(extension);
        out.write(file, TABLE_END, file.length - TABLE_END);
        return out.toByteArray();
    }

    private static void assertDecodes(byte[] file, int width, int height, long crc) {
        RgbImage image = ImageDecoder.decode(file, "a.gif");
        assertEquals(width, image.width());
        assertEquals(height, image.height());
        assertEquals(crc, DrawnImages.crc(image));
    }
}
