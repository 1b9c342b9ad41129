package thaw.finetune.data;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;

/**
 * Detects images of one data set at two scales: those that had the network's size already and were not resized, and others
 * enlarged by the margin that is then cropped; see {@link thaw.finetune.images.ExactSize}. Thread-safe.
 */
final class SeenScales {
    private final Set<Integer> kept = ConcurrentHashMap.newKeySet();
    private final Set<Integer> resized = ConcurrentHashMap.newKeySet();

    void add(RgbImage decoded, Transforms transforms) {
        boolean hasMargin = transforms.resize() > transforms.size();
        if (hasMargin) {
            (transforms.keeps(decoded) ? kept : resized).add(transforms.size());
        }
    }

    boolean mixed() {
        return kept.stream().anyMatch(resized::contains);
    }
}
