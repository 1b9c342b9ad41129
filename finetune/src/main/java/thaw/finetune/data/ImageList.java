package thaw.finetune.data;

import java.nio.file.Path;
import java.util.List;

/**
 * Images and what they show, as a folder or a table lists them.
 *
 * @param root    the folder
 * @param labels  classes in the order of their code points, as Python sorts them
 * @param samples the images
 * @param skipped number of hidden files and files whose ending is no image's
 */
record ImageList(Path root, LabelSet labels, List<Sample> samples, int skipped) {
    ImageList {
        samples = List.copyOf(samples);
    }

    List<String> classes() {
        return labels.classes();
    }
}
