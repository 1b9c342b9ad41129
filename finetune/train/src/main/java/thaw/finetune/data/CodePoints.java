package thaw.finetune.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Comparator;

/**
 * The order of Python's sorted strings: by code points, which is also the order of UTF-8 bytes. {@code String.compareTo} compares
 * UTF-16 units, and so puts an emoji before a character of the private use area.
 */
final class CodePoints {
    static final Comparator<String> ORDER = (a, b) -> Arrays.compareUnsigned(a.getBytes(UTF_8), b.getBytes(UTF_8));

    private CodePoints() {
    }
}
