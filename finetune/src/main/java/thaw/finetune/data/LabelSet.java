package thaw.finetune.data;

import java.util.HashSet;
import java.util.List;

/**
 * What images may show.
 *
 * @param classes    names; a label is an index into them
 * @param multiLabel whether an image may show several of them, or none; otherwise it shows one
 */
public record LabelSet(List<String> classes, boolean multiLabel) {
    public LabelSet {
        classes = List.copyOf(classes);
        if (new HashSet<>(classes).size() != classes.size()) {
            throw new IllegalArgumentException("classes: expected different names, got " + classes);
        }
    }
}
