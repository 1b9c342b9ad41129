package thaw.finetune.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Comparator;

/**
 * The order in which Python sorts strings, by code points. UTF-8 sorts so too; {@code String.compareTo}, by UTF-16 units, puts an
 * emoji before an ideograph of the private use area.
 */
final class CodePoints {
    static final Comparator<String> ORDER = (a, b) -> Arrays.compareUnsigned(a.getBytes(UTF_8), b.getBytes(UTF_8));

    private CodePoints() {
    }
}
