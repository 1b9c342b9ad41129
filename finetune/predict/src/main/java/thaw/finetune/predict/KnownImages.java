package thaw.finetune.predict;

import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The features of training images, by which a model recognises images of none of its classes (Sun et al., "Out-of-Distribution Detection
 * with Deep Nearest Neighbors", ICML 2022). With features z = f/‖f‖ of an image and of the training images, its <em>novelty</em> is
 *
 * <pre>
 * ‖z − z₍k₎‖ / λ        z₍k₎: the k-th nearest training image
 * </pre>
 *
 * where λ is the distance within which 95 % of the training images have the k-th nearest of the others. Probabilities of classes do not
 * tell such images: they sum to 1 for every image. Immutable.
 */
public final class KnownImages {
    private static final String KEY = "known.";
    private static final String NEIGHBORS = KEY + "neighbors";
    private static final String LENGTH = KEY + "length";
    private static final String STEP = KEY + "step";
    private static final String DISTANCE = KEY + "distance";
    private static final String FEATURES = KEY + "features";
    private static final double KEPT = 0.95;
    /** The images, spread evenly, that λ is measured on: each takes its distances from all. */
    private static final int MOST_MEASURED = 1000;
    private static final int LEVELS = Byte.MAX_VALUE;
    /** k is a quarter of a class's images; with a twentieth to a half, dogs and cats are told from CIFAR-10's other classes as well. */
    private static final int NEIGHBORS_SHARE = 4;

    private final int neighbors;
    /** The number of features. */
    private final int length;
    /** The value of one level: a feature is stored as a level from -127 to 127. */
    private final float step;
    private final double distance;
    /** {@code [images, length]} levels, image by image. */
    private final byte[] levels;

    private KnownImages(int neighbors, int length, float step, double distance, byte[] levels) {
        this.neighbors = neighbors;
        this.length = length;
        this.step = step;
        this.distance = distance;
        this.levels = levels;
    }

    /**
     * The images with the given features.
     *
     * @param features of each image, at least two images, all of one length
     * @param classes  the number of classes that the images show
     * @throws IllegalArgumentException if features are not finite, or there are fewer than two images
     */
    public static KnownImages of(List<float[]> features, int classes) {
        if (features.size() < 2) {
            throw new IllegalArgumentException("known images: expected at least two, got " + features.size());
        }
        int length = features.get(0).length;
        float[][] units = features.stream().map(KnownImages::unit).toArray(float[][]::new);
        float most = 0;
        for (float[] unit : units) {
            for (float value : unit) {
                most = Math.max(most, Math.abs(value));
            }
        }
        float step = most == 0 ? 1 : most / LEVELS;
        byte[] levels = new byte[units.length * length];
        for (int i = 0; i < levels.length; i++) {
            levels[i] = (byte) Math.round(units[i / length][i % length] / step);
        }
        int neighbors = Math.max(1, Math.min(units.length - 1, units.length / (NEIGHBORS_SHARE * classes)));
        KnownImages unscaled = new KnownImages(neighbors, length, step, 1, levels);
        double[] own = new double[Math.min(MOST_MEASURED, units.length)];
        // An image is its own nearest one.
        Arrays.parallelSetAll(own, i -> unscaled.distance(units[(int) ((long) i * units.length / own.length)], neighbors + 1));
        Arrays.sort(own);
        double kept = own[Math.min(own.length - 1, (int) Math.ceil(KEPT * own.length))];
        return new KnownImages(neighbors, length, step, Math.max(kept, Float.MIN_NORMAL), levels);
    }

    private static float[] unit(float[] features) {
        double squares = 0;
        for (float value : features) {
            squares += (double) value * value;
        }
        if (!Double.isFinite(squares)) {
            throw new IllegalArgumentException("known images: expected finite features, got NaN or infinity among them");
        }
        float[] unit = new float[features.length];
        for (int i = 0; i < unit.length && squares > 0; i++) {
            unit[i] = (float) (features[i] / Math.sqrt(squares));
        }
        return unit;
    }

    /** The number of features of an image. */
    public int length() {
        return length;
    }

    /** The number of images that are kept. */
    public int images() {
        return levels.length / length;
    }

    /**
     * The novelty of an image: from 0; above 1 it is farther from the training images than 95 % of these are from each other.
     *
     * @throws IllegalArgumentException if the number of features is not {@link #length}
     */
    public double novelty(float[] features) {
        if (features.length != length) {
            throw new IllegalArgumentException("known images: expected " + length + " features, got " + features.length
                    + "; the model's entries known.* are another network's");
        }
        return distance(unit(features), neighbors) / distance;
    }

    /** The distance to the k-th nearest of the images. */
    private double distance(float[] unit, int k) {
        double[] squares = new double[images()];
        for (int image = 0; image < squares.length; image++) {
            float sum = 0;
            for (int i = 0, at = image * length; i < length; i++) {
                float difference = unit[i] - levels[at + i] * step;
                sum += difference * difference;
            }
            squares[image] = sum;
        }
        Arrays.sort(squares);
        return Math.sqrt(squares[k - 1]);
    }

    /** The entries for a model file's metadata, always in the same order. Among the weights they would hinder loaders of a state dict. */
    Map<String, String> toMap() {
        Map<String, String> entries = new LinkedHashMap<>();
        entries.put(NEIGHBORS, String.valueOf(neighbors));
        entries.put(LENGTH, String.valueOf(length));
        entries.put(STEP, String.valueOf(step));
        entries.put(DISTANCE, String.valueOf(distance));
        entries.put(FEATURES, Base64.getEncoder().encodeToString(levels));
        return entries;
    }

    /** Whether an entry of metadata is one of {@link #toMap}. */
    static boolean isKey(String key) {
        return key.startsWith(KEY);
    }

    /**
     * Reads the entries of {@link #toMap}; empty if there are none.
     *
     * @throws IllegalArgumentException if they are no numbers, or contradict each other
     */
    static Optional<KnownImages> fromMap(Map<String, String> metadata) {
        if (!metadata.containsKey(FEATURES)) {
            return Optional.empty();
        }
        try {
            KnownImages read = new KnownImages(Integer.parseInt(metadata.getOrDefault(NEIGHBORS, "")),
                    Integer.parseInt(metadata.getOrDefault(LENGTH, "")), Float.parseFloat(metadata.getOrDefault(STEP, "")),
                    Double.parseDouble(metadata.getOrDefault(DISTANCE, "")), Base64.getDecoder().decode(metadata.get(FEATURES)));
            if (read.length < 1 || read.levels.length % read.length != 0 || read.neighbors < 1 || read.neighbors > read.images()
                    || !(read.step > 0 && read.distance > 0 && Double.isFinite(read.step + read.distance))) {
                throw new IllegalArgumentException(read.levels.length + " values, length " + read.length + ", neighbors " + read.neighbors
                        + ", step " + read.step + ", distance " + read.distance);
            }
            return Optional.of(read);
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException(KEY + "*: damaged features of known images: " + wrong.getMessage(), wrong);
        }
    }
}
