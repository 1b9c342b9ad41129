package thaw.finetune.data;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import thaw.finetune.images.RgbImage;

/**
 * A cache of decoded and resized images, up to a budget of bytes. Entries are never evicted: an epoch visits each image once, so
 * that any evicted image would be needed again before its replacement. Thread-safe.
 *
 * @param <K> the key of an image
 */
final class ImageCache<K> {
    private final Map<K, RgbImage> images = new ConcurrentHashMap<>();
    private final AtomicLong left;

    ImageCache(long bytes) {
        left = new AtomicLong(bytes);
    }

    RgbImage get(K key, Function<K, RgbImage> make) {
        RgbImage kept = images.get(key);
        if (kept != null) {
            return kept;
        }
        RgbImage made = make.apply(key);
        long bytes = made.rgb().length;
        if (left.addAndGet(-bytes) < 0 || images.putIfAbsent(key, made) != null) {
            left.addAndGet(bytes);
        }
        return made;
    }

    int size() {
        return images.size();
    }
}
