package thaw.finetune.data;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import thaw.finetune.images.RgbImage;

/**
 * Images that were decoded and resized once, kept up to a budget of bytes. Once it is spent, further images are made anew
 * each time: an epoch visits each image once, and then whatever is thrown out is wanted again before what replaced it.
 */
final class ImageCache {
    private final Map<Path, RgbImage> images = new ConcurrentHashMap<>();
    private final AtomicLong left;

    ImageCache(long bytes) {
        left = new AtomicLong(bytes);
    }

    RgbImage get(Path file, Function<Path, RgbImage> make) {
        RgbImage kept = images.get(file);
        if (kept != null) {
            return kept;
        }
        RgbImage made = make.apply(file);
        long bytes = made.rgb().length;
        if (left.addAndGet(-bytes) < 0 || images.putIfAbsent(file, made) != null) {
            left.addAndGet(bytes);
        }
        return made;
    }

    int size() {
        return images.size();
    }
}
