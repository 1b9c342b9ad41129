package thaw.finetune.data;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import thaw.finetune.images.RgbImage;

/**
 * Images that were decoded and resized once, kept up to a budget of bytes. Once it is spent, further images are made anew
 * each time: an epoch visits each image once, and then whatever is thrown out is wanted again before what replaced it.
 *
 * @param <K> what tells images apart
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
