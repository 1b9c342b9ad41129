package thaw.finetune.data;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** The parts of a data set, with their usual names in folders and tables. */
enum Part {
    TRAIN("train", "training"),
    VALID("valid", "val", "validation", "dev"),
    TEST("test", "testing", "eval", "evaluation");

    /** Suffixes that may follow a name. */
    private static final Pattern ADDED = Pattern.compile("(?<=[a-z])([-_ ]?(set|data|images))?[-_ ]?\\d*$");

    private final List<String> names;

    Part(String... names) {
        this.names = List.of(names);
    }

    /** The part of a name, in any case, such as {@code Validation}, {@code training_set} or {@code val2017}. */
    static Optional<Part> named(String name) {
        String bare = ADDED.matcher(name.strip().toLowerCase(Locale.ROOT)).replaceFirst("");
        return Arrays.stream(values()).filter(part -> part.names.contains(bare)).findFirst();
    }
}
