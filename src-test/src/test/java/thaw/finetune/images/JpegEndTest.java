package thaw.finetune.images;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Detection of truncated JPEGs, with the same verdicts as Pillow 12.3 on the same bytes. */
class JpegEndTest {
    @ParameterizedTest
    @ValueSource(strings = {"yuv420.jpg", "yuv422-progressive.jpg", "rgb.jpg", "unmarked.jpg", "cmyk.jpg", "cmyk-progressive.jpg",
        "gray-progressive.jpg", "rotated.jpg"})
    void refusesEveryPartOfAFile(String name) throws IOException {
        byte[] file = Pictures.resource(name);
        for (int length = 1; length < file.length - 2; length++) {
            byte[] part = Arrays.copyOf(file, length);
            assertThrows(ImageReadException.class, () -> ImageDecoder.decode(part, name), name + " of " + length + " bytes");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"yuv420.jpg", "yuv422-progressive.jpg", "cmyk.jpg", "gray-progressive.jpg"})
    void acceptsWhatComesAfterTheEnd(String name) throws IOException {
        byte[] file = Pictures.resource(name);
        assertEquals(ImageDecoder.decode(file, name), ImageDecoder.decode(Arrays.copyOf(file, file.length + 1000), name));
    }

    /** All samples are present, followed by something other than an end marker. */
    @ParameterizedTest
    @ValueSource(strings = {"yuv420.jpg", "rgb.jpg", "unmarked.jpg", "cmyk.jpg"})
    void acceptsASingleScanWithoutEndMarker(String name) throws IOException {
        byte[] file = Pictures.resource(name);
        byte[] endless = Arrays.copyOf(Arrays.copyOf(file, file.length - 2), file.length + 100);
        assertEquals(ImageDecoder.decode(file, name), ImageDecoder.decode(endless, name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"yuv422-progressive.jpg", "cmyk-progressive.jpg", "gray-progressive.jpg"})
    void refusesSeveralScansWithoutEndMarker(String name) throws IOException {
        byte[] file = Pictures.resource(name);
        byte[] endless = Arrays.copyOf(Arrays.copyOf(file, file.length - 2), file.length + 100);
        assertThrows(ImageReadException.class, () -> ImageDecoder.decode(endless, name));
    }
}
