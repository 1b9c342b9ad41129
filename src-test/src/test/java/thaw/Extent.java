package thaw;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The extent of tests that take long: a sample of their cases and repetitions by default, all of them with {@code -Dextent=full}, as
 * continuous integration runs them.
 */
public final class Extent {

    public static final boolean FULL = System.getProperty("extent", "sample").equals("full");

    private Extent() {
    }

    /** A number of repetitions. */
    public static int times(int sample, int full) {
        return FULL ? full : sample;
    }

    /** All cases, or every {@code n}th of them, beginning with the first. */
    public static <T> List<T> everyNth(int n, Stream<T> cases) {
        List<T> all = cases.toList();
        return FULL ? all : IntStream.range(0, all.size()).filter(i -> i % n == 0).mapToObj(all::get).toList();
    }
}
