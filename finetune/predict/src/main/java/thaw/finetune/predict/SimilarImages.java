package thaw.finetune.predict;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Images that can be searched for those most like another, by the cosine of the angle between their features: 1 for equal directions.
 * Immutable.
 *
 * @param images   what stands for each image in the results, such as its file
 * @param features of each image, all of one length; the arrays are not copied
 */
public record SimilarImages<T>(List<T> images, List<float[]> features) {

    /** An image, and the cosine of the angle between its features and those given, -1 to 1. */
    public record Match<T>(T image, double cosine) {
    }

    /** @throws IllegalArgumentException if the numbers of images and features differ */
    public SimilarImages {
        images = List.copyOf(images);
        features = List.copyOf(features);
        if (images.size() != features.size()) {
            throw new IllegalArgumentException("similar images: " + images.size() + " images, but features of " + features.size());
        }
    }

    /**
     * The images most like another, the most similar first, equally similar ones in their order; all images if there are fewer. Features
     * that are not finite are similar to none (0).
     *
     * @param like  features of the same network, such as {@link Classifier#features} gives
     * @param count the most images
     * @throws IllegalArgumentException if the features are not as many as those of the images, or {@code count} is less than 1
     */
    public List<Match<T>> nearest(float[] like, int count) {
        if (count < 1) {
            throw new IllegalArgumentException("similar images: expected to find at least 1, got " + count);
        }
        return IntStream.range(0, images.size()).mapToObj(i -> new Match<>(images.get(i), cosine(like, features.get(i))))
                .sorted(Comparator.comparingDouble((Match<T> match) -> match.cosine).reversed()).limit(count).toList();
    }

    private static double cosine(float[] a, float[] b) {
        if (a.length != b.length) {
            throw new IllegalArgumentException("features: expected " + b.length + " numbers, as of the images, got " + a.length
                    + "; compute them with the same network");
        }
        double product = 0;
        double sizes = 0;
        double others = 0;
        for (int i = 0; i < a.length; i++) {
            product += (double) a[i] * b[i];
            sizes += (double) a[i] * a[i];
            others += (double) b[i] * b[i];
        }
        double cosine = product / Math.sqrt(sizes * others);
        return Double.isFinite(cosine) ? cosine : 0;
    }
}
