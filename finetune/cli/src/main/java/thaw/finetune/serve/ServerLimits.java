package thaw.finetune.serve;

import java.time.Duration;
import thaw.finetune.images.ImageDecoder;

/**
 * The limits of a {@link ModelServer}.
 *
 * @param maxBody     the largest body of a request, in bytes; a larger one gets 413
 * @param maxPixels   the largest image, in pixels; a larger one counts as unreadable
 * @param time        to receive a request's body, then 408
 * @param concurrent  the most requests that are answered at a time; further ones get 503
 * @param perClient   the most of one address at a time; further ones get 429
 * @param batch       the most images that are computed together
 * @param batchWait   the time that an image waits for others to be computed with
 */
public record ServerLimits(int maxBody, long maxPixels, Duration time, int concurrent, int perClient, int batch, Duration batchWait) {

    /** @throws IllegalArgumentException if a value is below 1, or a time below 0 */
    public ServerLimits {
        if (maxBody < 1 || maxPixels < 1 || concurrent < 1 || perClient < 1 || batch < 1 || time.isNegative() || batchWait.isNegative()) {
            throw new IllegalArgumentException("limits: expected numbers of at least 1 and times of at least 0, got a body of " + maxBody
                    + ", " + maxPixels + " pixels, " + concurrent + " requests, " + perClient + " of a client, batches of " + batch);
        }
    }

    /**
     * Bodies of 32 MiB, images of {@link ImageDecoder#MAX_PIXELS}, 30 s, 64 requests, all perhaps of one client; 16 images wait 2 ms.
     */
    public static ServerLimits standard() {
        return new ServerLimits(32 << 20, ImageDecoder.MAX_PIXELS, Duration.ofSeconds(30), 64, 64, 16, Duration.ofMillis(2));
    }
}
