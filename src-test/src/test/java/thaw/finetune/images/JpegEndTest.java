package thaw.finetune.images;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Detection of truncated JPEGs, with the same verdicts as Pillow 12.3 on the same bytes. */
class JpegEndTest {
    @ParameterizedTest
    @ValueSource(strings = {"yuv420.jpg", "yuv422-progressive.jpg", "rgb.jpg", "unmarked.jpg", "cmyk.jpg", "cmyk-progressive.jpg",
        "gray-progressive.jpg", "rotated.jpg"})
    void refusesEveryPartOfAFile(String name) throws IOException {
        byte[] file = DrawnImages.resource(name);
        for (int length = 1; length < file.length - 2; length++) {
            byte[] part = Arrays.copyOf(file, length);
            assertThrows(ImageReadException.class, () -> ImageDecoder.decode(part, name), name + " of " + length + " bytes");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"yuv420.jpg", "yuv422-progressive.jpg", "cmyk.jpg", "gray-progressive.jpg"})
    void acceptsWhatComesAfterTheEnd(String name) throws IOException {
        byte[] file = DrawnImages.resource(name);
        assertEquals(ImageDecoder.decode(file, name), ImageDecoder.decode(Arrays.copyOf(file, file.length + 1000), name));
    }

    /** All samples are present, followed by something other than an end marker. */
    @ParameterizedTest
    @ValueSource(strings = {"yuv420.jpg", "rgb.jpg", "unmarked.jpg", "cmyk.jpg"})
    void acceptsASingleScanWithoutEndMarker(String name) throws IOException {
        byte[] file = DrawnImages.resource(name);
        byte[] endless = Arrays.copyOf(Arrays.copyOf(file, file.length - 2), file.length + 100);
        assertEquals(ImageDecoder.decode(file, name), ImageDecoder.decode(endless, name));
    }

    /** Each repeats the last scan: in a time that grows with the scans times the pixels. */
    @Test
    void refusesThousandsOfScans() throws IOException {
        byte[] file = DrawnImages.resource("gray-progressive.jpg");
        int lastScan = new String(file, StandardCharsets.ISO_8859_1).lastIndexOf("\u00ff\u00da");
        assertEquals(19, ImageDecoder.decode(withScans(file, lastScan, 20), "some.jpg").width());
        ImageReadException refused = assertThrows(ImageReadException.class,
                () -> ImageDecoder.decode(withScans(file, lastScan, 1000), "many.jpg"));
        assertEquals("many.jpg: JPEG of more than 200 scans is not read; save it anew", refused.getMessage());
    }

    private static byte[] withScans(byte[] file, int lastScan, int more) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(file, 0, lastScan);
        for (int i = 0; i <= more; i++) {
            out.write(file, lastScan, file.length - 2 - lastScan);
        }
        out.write(file, file.length - 2, 2);
        return out.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"yuv422-progressive.jpg", "cmyk-progressive.jpg", "gray-progressive.jpg"})
    void refusesSeveralScansWithoutEndMarker(String name) throws IOException {
        byte[] file = DrawnImages.resource(name);
        byte[] endless = Arrays.copyOf(Arrays.copyOf(file, file.length - 2), file.length + 100);
        assertThrows(ImageReadException.class, () -> ImageDecoder.decode(endless, name));
    }
}
