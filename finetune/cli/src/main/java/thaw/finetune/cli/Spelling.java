package thaw.finetune.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Suggests the known word nearest to a misspelt one, and reads options of which names may be misspelt. */
final class Spelling {

    /** The greatest edit distance at which a word is suggested. */
    private static final int MOST_SLIPS = 3;

    private Spelling() {
    }

    /** The word with the least edit distance to {@code given}, if at most half of its length and {@value #MOST_SLIPS}. */
    static Optional<String> nearest(String given, Collection<String> words) {
        int most = Math.min(MOST_SLIPS, given.length() / 2);
        return words.stream().min(Comparator.comparingInt(word -> distance(given, word)))
                .filter(word -> distance(given, word) <= most);
    }

    /** {@code "; did you mean …?"}, or an empty string. */
    static String hint(String given, Collection<String> words) {
        return nearest(given, words).map(word -> "; did you mean " + word + "?").orElse("");
    }

    /**
     * Reads an option's value by a parser, whose message is shown if it refuses the text, with the nearest of the known names
     * if another one is given: {@code sgd}, or with options {@code sgd(momentum=0.8)}.
     */
    static <T> ITypeConverter<T> parsing(Function<String, T> parser, List<String> names) {
        return text -> {
            try {
                return parser.apply(text);
            } catch (IllegalArgumentException wrong) {
                String name = text.replaceFirst("\\(.*", "");
                throw new TypeConversionException(wrong.getMessage() + (names.contains(name) ? "" : hint(name, names)));
            }
        };
    }

    /** The Levenshtein distance: the least number of single-character edits that turn {@code a} into {@code b}. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
