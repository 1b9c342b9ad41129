package thaw.finetune.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the word that was probably meant. */
final class Spelling {

    /** More slips than these, and it's another word. */
    private static final int MOST_SLIPS = 3;

    private Spelling() {
    }

    /** The word that is most like {@code given}, if one is like it. */
    static Optional<String> nearest(String given, Collection<String> words) {
        int most = Math.min(MOST_SLIPS, given.length() / 2);
        return words.stream().min(Comparator.comparingInt(word -> distance(given, word)))
                .filter(word -> distance(given, word) <= most);
    }

    /** {@code "; did you mean …?"}, or nothing. */
    static String hint(String given, Collection<String> words) {
        return nearest(given, words).map(word -> "; did you mean " + word + "?").orElse("");
    }

    /** Levenshtein's: the fewest insertions, deletions and replacements of a character that make {@code b} of {@code a}. */
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
