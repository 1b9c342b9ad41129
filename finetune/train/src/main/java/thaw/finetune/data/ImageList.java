package thaw.finetune.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import thaw.finetune.predict.LabelSet;

/**
 * The images and labels listed in a folder or a table.
 *
 * @param name       the name of the folder or table, for messages
 * @param root       the folder
 * @param labels     the classes, in the order of their names' code points
 * @param samples    the images
 * @param skipped    the number of other files by {@link ImageFiles#ending}
 * @param unreadable entries that cannot be opened, see {@link ImageFiles}
 */
record ImageList(String name, Path root, LabelSet labels, List<Sample> samples, Map<String, Integer> skipped,
        List<BrokenImage> unreadable) {
    ImageList {
        samples = List.copyOf(samples);
        unreadable = List.copyOf(unreadable);
    }

    List<String> classes() {
        return labels.classes();
    }

    ImageList with(LabelSet otherLabels, List<Sample> otherSamples) {
        return new ImageList(name, root, otherLabels, otherSamples, skipped, unreadable);
    }
}
