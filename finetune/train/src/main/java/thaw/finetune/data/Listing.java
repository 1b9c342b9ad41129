package thaw.finetune.data;

import static java.util.stream.Collectors.joining;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A data set listed from a folder or a table, before images are held out.
 *
 * @param valid   the validation images; null if they are to be held out of {@code train}
 * @param unused  names of folders that do not belong to the data set, such as {@code test/}
 * @param remarks remarks on the interpretation, for {@link #describe}
 */
record Listing(ImageList train, @Nullable ImageList valid, List<String> unused, List<String> remarks) {
    /** The number of names that a message has. */
    private static final int NAMED = 4;

    Listing {
        unused = List.copyOf(unused);
        remarks = List.copyOf(remarks);
    }

    private Stream<ImageList> lists() {
        return Stream.of(train, valid).filter(Objects::nonNull);
    }

    /** The number of skipped files by extension, most first. */
    Map<String, Integer> skipped() {
        Map<String, Integer> all = new TreeMap<>();
        lists().forEach(list -> list.skipped().forEach((ending, count) -> all.merge(ending, count, Integer::sum)));
        Map<String, Integer> sorted = new LinkedHashMap<>();
        all.entrySet().stream().sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                .forEach(one -> sorted.put(one.getKey(), one.getValue()));
        return sorted;
    }

    List<BrokenImage> unreadable() {
        return lists().flatMap(list -> list.unreadable().stream()).toList();
    }

    /**
     * A summary in one line.
     *
     * @param use the use of the images if there is no {@code valid}, such as {@code 9 of them held out to validate on}
     */
    String describe(String use) {
        StringBuilder text = new StringBuilder(train.name() + " " + count(train.samples().size(), "image") + " of "
                + count(train.classes().size(), "class") + ", ");
        if (valid == null) {
            text.append(use);
        } else {
            text.append(valid.name()).append(valid.name().isEmpty() ? "" : " ").append(count(valid.samples().size(), "image"))
                    .append(" to validate on");
        }
        if (!unused.isEmpty()) {
            text.append("; ").append(some(unused)).append(" not used");
        }
        remarks.forEach(remark -> text.append("; ").append(remark));
        return text.toString();
    }

    /** The first {@value #NAMED} names, and the number of the rest. */
    static String some(List<String> names) {
        return names.stream().limit(NAMED).collect(joining(", "))
                + (names.size() > NAMED ? " and " + (names.size() - NAMED) + " more" : "");
    }

    private static String count(int number, String thing) {
        return number + " " + thing + (number == 1 ? "" : thing.endsWith("s") ? "es" : "s");
    }
}
