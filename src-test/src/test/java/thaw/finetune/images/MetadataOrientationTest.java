package thaw.finetune.images;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The places of an image's orientation in its metadata; Pillow 12.3 rotates all of these upright. */
class MetadataOrientationTest {
    private static final byte[] TURNED = HexFormat.of().parseHex("49492a0008000000" + "0100" + "120103000100000006000000" + "00000000");
    private static final byte[] WITHOUT_TAG = HexFormat.of().parseHex("49492a0008000000" + "0000" + "00000000");
    private static final String XMP = "<x:xmpmeta><rdf:Description tiff:Orientation=\"6\"/></x:xmpmeta>";
    private static final String XMP_ELEMENT = "<x:xmpmeta><tiff:Orientation>6</tiff:Orientation></x:xmpmeta>";
    private static final String RAW_EXIF = "Raw profile type exif\0";

    @Test
    void imageMagicksTextOfPng() throws IOException {
        String text = "\nexif\n      32\n" + HexFormat.of().formatHex(latin1("Exif\0\0")) + "\n" + HexFormat.of().formatHex(TURNED) + "\n";
        assertTurned(true, chunk("tEXt", latin1(RAW_EXIF + text)));
        assertTurned(true, chunk("zTXt", join(latin1(RAW_EXIF + "\0"), deflated(text))));
        assertTurned(true, chunk("iTXt", latin1(RAW_EXIF + "\0\0\0\0" + text)));
        assertTurned(true, chunk("iTXt", join(latin1(RAW_EXIF + "\1\0en\0\0"), deflated(text))));
    }

    @Test
    void xmpOfPngWhereExifHasNone() throws IOException {
        byte[] xmp = chunk("iTXt", latin1("XML:com.adobe.xmp\0\0\0\0\0" + XMP));
        assertTurned(true, xmp);
        assertTurned(true, chunk("iTXt", latin1("XML:com.adobe.xmp\0\0\0\0\0" + XMP_ELEMENT)));
        assertTurned(true, chunk("eXIf", WITHOUT_TAG), xmp);
        byte[] upright = TURNED.clone();
        upright[18] = 1;
        assertTurned(false, chunk("eXIf", upright), xmp);
        assertTurned(true, chunk("eXIf", TURNED));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tEXt", "zTXt", "iTXt", "eXIf"})
    void damagedChunksSayNothing(String type) throws IOException {
        for (String content : new String[] {"", RAW_EXIF, RAW_EXIF + "\nexif\n 9\nxyz", "XML:com.adobe.xmp\0\1\0\0\0garbage"}) {
            assertTurned(false, chunk(type, latin1(content)));
        }
    }

    /** Each would take a millisecond to inflate; the last one counts. */
    @Test
    void thousandsOfTextsTakeNoTime() throws IOException {
        byte[] zeros = chunk("zTXt", join(latin1("XML:com.adobe.xmp\0\0"), deflated("\0".repeat(1 << 20))));
        ByteArrayOutputStream many = new ByteArrayOutputStream();
        for (int i = 0; i < 5000; i++) {
            many.writeBytes(zeros);
        }
        byte[] last = chunk("zTXt", join(latin1("XML:com.adobe.xmp\0\0"), deflated(XMP)));
        assertTimeout(Duration.ofSeconds(2), () -> assertTurned(true, many.toByteArray(), last));
    }

    @Test
    void xmpOfTiff() {
        byte[] packet = latin1(XMP);
        long[] bytes = new long[packet.length];
        Arrays.setAll(bytes, i -> packet[i]);
        RgbImage image = ImageDecoder.decode(new TiffFile(5, 2, 1, 8, ByteOrder.BIG_ENDIAN).with(700, 1, bytes).bytes(i -> i), "xmp");
        assertEquals(2, image.width());
    }

    private static void assertTurned(boolean turned, byte[]... chunks) throws IOException {
        byte[] png = DrawnImages.encode(DrawnImages.buffered(DrawnImages.waves(5, 2), 1), "png");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(png, 0, 33);
        for (byte[] chunk : chunks) {
            out.writeBytes(chunk);
        }
        out.write(png, 33, png.length - 33);
        assertEquals(turned ? 2 : 5, ImageDecoder.decode(out.toByteArray(), "turned.png").width());
    }

    private static byte[] chunk(String type, byte[] content) {
        byte[] typed = join(latin1(type), content);
        CRC32 crc = new CRC32();
        crc.update(typed);
        return ByteBuffer.allocate(typed.length + 8).putInt(content.length).put(typed).putInt((int) crc.getValue()).array();
    }

    private static byte[] deflated(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflater = new DeflaterOutputStream(out)) {
            deflater.write(latin1(text));
        }
        return out.toByteArray();
    }

    private static byte[] join(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
