package thaw.finetune.images;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnreadFormatTest {
    /** First bytes of files: ISO 14496-12 brands, and signatures by each format's specification; {@code ~} stands for a zero. */
    @ParameterizedTest
    @CsvSource({"~~~\u0018ftypheic~~~~, HEIC", "~~~\u0018ftypmif1~~~~, HEIC", "~~~\u001cftypavif~~~~, AVIF",
        "~~~\u0020ftypisom~~~~, video", "~~~\u0014ftypqt  ~~~~, video", "~~~\u0018ftypcrx ~~~~, camera",
        "%PDF-1.7, PDF", "8BPS~\u0001, Photoshop", "'<svg xmlns=''x''>', SVG", "'<?xml version=''1.0''?>\n<svg>', SVG",
        "<!DOCTYPE html><html>, HTML", "'~~\u0001~\u0001~', ICO", "II*~\u0010~~~CR, camera", "'DDS |', DDS", "'P7\nWIDTH 1', PAM",
        "'\u00ff\n\u00fa', JPEG XL"})
    void filesOfOtherKindsAreNamed(String head, String name) {
        byte[] file = Arrays.copyOf(head.replace('~', '\0').getBytes(StandardCharsets.ISO_8859_1), 200);
        String message = assertThrows(ImageReadException.class, () -> ImageDecoder.decode(file, "a.jpg")).getMessage();
        assertTrue(message.contains(name), message);
        assertFalse(message.contains("not an image;"), message);
    }

    @Test
    void whatIsUnknownIsNoImage() {
        String message = assertThrows(ImageReadException.class, () -> ImageDecoder.decode("hello".getBytes(StandardCharsets.UTF_8),
                "a.jpg")).getMessage();
        assertTrue(message.contains("not an image"), message);
    }

    @Test
    void endingsTellImagesThatAreNotRead() {
        assertEquals(Optional.of(UnreadFormat.HEIC), UnreadFormat.ofName("IMG_0001.HEIC"));
        assertEquals(Optional.of(UnreadFormat.CAMERA_RAW), UnreadFormat.ofName("a.b.nef"));
        assertEquals(Optional.empty(), UnreadFormat.ofName("notes.txt"));
        assertEquals(Optional.empty(), UnreadFormat.ofName("photo.jpg"));
        for (UnreadFormat format : UnreadFormat.values()) {
            assertTrue(format.extensions().stream().noneMatch(ending -> ImageFormat.isImageName("a." + ending)), format.toString());
        }
        for (String name : new String[] {"a.PPM", "a.pgm", "a.pbm", "a.pnm"}) {
            assertTrue(ImageFormat.isImageName(name));
        }
    }
}
