package thaw.finetune.predict;

import java.util.HashSet;
import java.util.List;

/**
 * The classes of a data set.
 *
 * @param classes    the class names, all different; a label is an index into them
 * @param multiLabel whether an image may show several classes, or none; otherwise it shows exactly one
 */
public record LabelSet(List<String> classes, boolean multiLabel) {
    /** @throws IllegalArgumentException if two classes have the same name */
    public LabelSet {
        classes = List.copyOf(classes);
        if (new HashSet<>(classes).size() != classes.size()) {
            throw new IllegalArgumentException("classes: expected different names, got " + classes);
        }
    }

    /** The names of labels, in the given order. */
    public List<String> names(List<Integer> labels) {
        return labels.stream().map(classes::get).toList();
    }
}
