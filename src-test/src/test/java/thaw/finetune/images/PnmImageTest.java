package thaw.finetune.images;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PnmImageTest {
    @Test
    void colorAsBytesAndAsDigits() {
        byte[] expected = {1, 2, 3, (byte) 200, (byte) 255, 0};
        assertArrayEquals(expected, decode("P6\n2 1\n255\n\1\2\3\u00c8\u00ff\0trailing"));
        assertArrayEquals(expected, decode("P6 # a comment\n2\t# wide\r\n1 255\r\1\2\3\u00c8\u00ff\0"));
        assertArrayEquals(expected, decode("P3\n2 1\n255\n1 2 3 # half\n200\n255 0"));
    }

    /** Samples of other ranges, as in Pillow 12.3: {@code round(x / largest * 255)}, halves to even. */
    @ParameterizedTest
    @CsvSource({"1, '0,1', '0,255'", "15, '0,7,8,15', '0,119,136,255'", "100, '0,1,50,99,100', '0,3,128,252,255'",
        "254, '1,127,253', '1,128,254'"})
    void otherRanges(int largest, String samples, String expected) {
        int[] stored = numbers(samples);
        int[] right = numbers(expected);
        StringBuilder bytes = new StringBuilder("P5\n" + stored.length + " 1\n" + largest + "\n");
        for (int sample : stored) {
            bytes.append((char) sample);
        }
        String digits = "P2\n" + stored.length + " 1\n" + largest + "\n" + samples.replace(',', ' ');
        for (String file : new String[] {bytes.toString(), digits}) {
            byte[] rgb = decode(file);
            for (int i = 0; i < right.length; i++) {
                assertEquals(right[i], rgb[3 * i] & 0xff, file);
                assertEquals(right[i], rgb[3 * i + 2] & 0xff, file);
            }
        }
    }

    /** Samples of two bytes, the high one first, are scaled, as Pillow does for colour; for grey it clips at 255. */
    @Test
    void sixteenBits() {
        assertArrayEquals(new byte[] {0, 0, 0, (byte) 128, (byte) 128, (byte) 128, (byte) 255, (byte) 255, (byte) 255},
                decode("P5\n3 1\n65535\n\0\0\u0080\0\u00ff\u00ff"));
        assertArrayEquals(new byte[] {0, 64, (byte) 255}, decode("P6\n1 1\n1023\n\0\0\1\2\3\u00ff"));
    }

    /** One is black; rows of packed bits begin at byte boundaries. */
    @Test
    void blackAndWhite() {
        byte[] expected = new byte[3 * 20];
        for (int i = 0; i < 60; i++) {
            expected[i] = (byte) ("01101000100000000001".charAt(i / 3) == '1' ? 0 : 255);
        }
        assertArrayEquals(expected, decode("P1\n10 2\n0110100010\n0 0 0 0 0 0 0 0 0 1"));
        assertArrayEquals(expected, decode("P4\n10 2\n\u0068\u0080\0\u0040"));
    }

    @ParameterizedTest
    @CsvSource({"'P6\n2 2\n255\nabc', cut short", "'P3\n2 1\n255\n1 2', cut short", "'P6\n2', cut short",
        "'P6\n2 1\n0\nabcdef', 1 to 65535", "'P6\n2 1\n70000\nabcdef', 1 to 65535", "'P3\n1 1\n9\n10 1 1', sample of 10",
        "'P6\n0 1\n255\n', 0 x 1", "'P2\n1 1\n9\n-1', a number", "'P1\n1 1\n2', 0 or 1", "'P5\n9999999 9999999\n255\n', limit"})
    void damagedFilesAreNamed(String file, String part) {
        String message = assertThrows(ImageReadException.class, () -> decode(file)).getMessage();
        assertTrue(message.startsWith("a.ppm: ") && message.contains(part), message);
    }

    private static byte[] decode(String latin1) {
        return ImageDecoder.decode(latin1.getBytes(StandardCharsets.ISO_8859_1), "a.ppm").rgb();
    }

    private static int[] numbers(String list) {
        return Arrays.stream(list.split(",")).mapToInt(Integer::parseInt).toArray();
    }
}
