package thaw.finetune.data;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** The parts that data sets are split into, by the names that folders and tables have for them. */
enum Part {
    TRAIN("train", "training"),
    VALID("valid", "val", "validation", "dev"),
    TEST("test", "testing", "eval", "evaluation");

    /** What may follow a name. */
    private static final Pattern ADDED = Pattern.compile("(?<=[a-z])([-_ ]?(set|data|images))?[-_ ]?\\d*$");

    private final List<String> names;

    Part(String... names) {
        this.names = List.of(names);
    }

    /** Of a name in either case, such as {@code Validation}, {@code training_set} or {@code val2017}. */
    static Optional<Part> named(String name) {
        String bare = ADDED.matcher(name.strip().toLowerCase(Locale.ROOT)).replaceFirst("");
        return Arrays.stream(values()).filter(part -> part.names.contains(bare)).findFirst();
    }
}
