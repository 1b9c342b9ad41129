package thaw.finetune.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Images and what they show, as a folder or a table lists them.
 *
 * @param name       the folder's or the table's, for messages
 * @param root       the folder
 * @param labels     classes in the order of their code points, as Python sorts them
 * @param samples    the images
 * @param skipped    how many other files there are, by {@link ImageFiles#ending}
 * @param unreadable what was passed over because it cannot be opened, see {@link ImageFiles}
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
