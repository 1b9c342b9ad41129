package thaw.finetune.cli;

import java.util.Comparator;
import java.util.Locale;
import java.util.stream.Collectors;
import thaw.resnet.Architecture;
import thaw.resnet.Family;

/** Architectures as a command line names them. */
final class Architectures {

    private static final int CIFAR_SIZE = 32;
    private static final int IMAGENET_SIZE = 224;

    private Architectures() {
    }

    /** @throws Failure if there is none of this name, with the one that is most like it, and all others */
    static Architecture byName(String name) {
        String wanted = name.toLowerCase(Locale.ROOT);
        return Architecture.all().stream().filter(a -> a.name().equals(wanted)).findFirst().orElseThrow(() -> {
            Architecture nearest = Architecture.all().stream()
                    .min(Comparator.comparingInt(a -> distance(wanted, a.name()))).orElseThrow();
            return new Failure("unknown architecture '" + name + "'; did you mean " + nearest + "? There are "
                    + Architecture.all().stream().map(Architecture::name).collect(Collectors.joining(", ")));
        });
    }

    /** The side of the pictures, in pixels, that the architecture was made for. */
    static int nativeSize(Architecture architecture) {
        return architecture.family() == Family.CIFAR ? CIFAR_SIZE : IMAGENET_SIZE;
    }

    /** The number of classes of the data set that the architecture was made for, CIFAR-10 or ImageNet. */
    static int nativeClasses(Architecture architecture) {
        return architecture.family() == Family.CIFAR ? 10 : 1000;
    }

    /** Levenshtein's: the fewest insertions, deletions and replacements of a character that make {@code b} of {@code a}. */
    static int distance(String a, String b) {
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
