package thaw.finetune.predict;

import java.util.Arrays;
import java.util.Base64;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.kernels.Shape;
import thaw.resnet.Network;

/**
 * The features of images of a model's classes that it was not trained on, by which it recognises images of none of them (Sun et al.,
 * "Out-of-Distribution Detection with Deep Nearest Neighbors", ICML 2022). With features z = f/‖f‖ of an image and of the known ones, its
 * <em>novelty</em> is
 *
 * <pre>
 * ‖z − z₍k₎‖ / λ        z₍k₎: the k-th nearest known image, the image itself left out
 * </pre>
 *
 * where λ is the distance within which 95 % of the given images have theirs. Features of training images would be nearer to each other
 * than those of new images are to them, and λ too small. Probabilities of classes do not tell such images: they sum to 1 for every
 * image. Immutable.
 */
public final class KnownImages {
    private static final String KEY = "known.";
    private static final String NEIGHBORS = KEY + "neighbors";
    private static final String LENGTH = KEY + "length";
    private static final String HASHED = KEY + "hashed";
    private static final String STEP = KEY + "step";
    private static final String DISTANCE = KEY + "distance";
    private static final String FEATURES = KEY + "features";
    private static final double KEPT = 0.95;
    /** The images, spread evenly, that λ is measured on: each takes its distances from all kept ones. */
    private static final int MOST_MEASURED = 1000;
    /** With as many images that are not kept, λ is measured on these: an image that is kept lacks one of its class to compare with. */
    private static final int LEAST_MEASURED = 100;
    /** The most numbers kept: half a mebibyte, and as many multiplications for a novelty. */
    private static final int MOST_NUMBERS = 1 << 19;
    private static final int MOST_IMAGES = 1 << 12;
    /** A file of a few bytes could state any length, and {@link #requireFit} takes memory for it. */
    private static final int MOST_FEATURES = 1 << 24;
    /** Images of a class of which none is kept would be novel. */
    private static final int LEAST_PER_CLASS = 2;
    private static final int LEVELS = Byte.MAX_VALUE;
    /** k is a quarter of a class's images, so that single images of other classes among them do not count. */
    private static final int NEIGHBORS_SHARE = 4;

    private final int neighbors;
    /** The number of features of the network. */
    private final int length;
    /** The number of sums of features that are kept of an image, at most {@link #length}. */
    private final int hashed;
    /** The value of one level: a number is stored as a level from -127 to 127. */
    private final float step;
    private final double distance;
    /** {@code [images, hashed]} levels, image by image. */
    private final byte[] levels;
    /** {@code [hashed, images]}: the numbers, so that the inner loop of {@link #distance} is over images. */
    private final float[] columns;
    /** {@code [images]}: −‖z‖²/2 of each. */
    private final float[] halves;

    private KnownImages(int neighbors, int length, int hashed, float step, double distance, byte[] levels) {
        this.neighbors = neighbors;
        this.length = length;
        this.hashed = hashed;
        this.step = step;
        this.distance = distance;
        this.levels = levels;
        if (length < 1 || length > MOST_FEATURES || hashed < 1 || hashed > length || levels.length % hashed != 0 || neighbors < 1
                || neighbors > images()
                || !(step > 0 && distance > 0 && Double.isFinite(step + distance))) {
            throw new IllegalArgumentException(levels.length + " values, length " + length + ", hashed " + hashed + ", neighbors "
                    + neighbors + ", step " + step + ", distance " + distance);
        }
        columns = new float[levels.length];
        halves = new float[images()];
        for (int i = 0; i < levels.length; i++) {
            float value = levels[i] * step;
            columns[i % hashed * halves.length + i / hashed] = value;
            halves[i / hashed] -= value * value / 2;
        }
    }

    /**
     * The images with the given features, or as many of them, at equal distances, as fit into half a mebibyte. If these were fewer than
     * two for each class, two are kept, with fewer numbers each.
     *
     * @param features of each image, at least two images, all of one length, ordered by class or by chance
     * @param classes  the number of classes that the images show
     * @throws IllegalArgumentException if features are not finite, or there are fewer than two images
     */
    public static KnownImages of(List<float[]> features, int classes) {
        if (features.size() < 2) {
            throw new IllegalArgumentException("known images: expected at least two, got " + features.size());
        }
        int length = features.get(0).length;
        int images = Math.min(features.size(), Math.min(MOST_IMAGES, Math.max(MOST_NUMBERS / length, LEAST_PER_CLASS * classes)));
        int hashed = Math.min(length, MOST_NUMBERS / images);
        float[][] units = spread(features.size(), images).mapToObj(i -> unit(features.get(i), hashed)).toArray(float[][]::new);
        float most = 0;
        for (float[] unit : units) {
            for (float value : unit) {
                most = Math.max(most, Math.abs(value));
            }
        }
        float step = most == 0 ? 1 : most / LEVELS;
        byte[] levels = new byte[images * hashed];
        for (int i = 0; i < levels.length; i++) {
            levels[i] = (byte) Math.round(units[i / hashed][i % hashed] / step);
        }
        int neighbors = Math.max(1, Math.min(images - 1, images / (NEIGHBORS_SHARE * classes)));
        KnownImages unscaled = new KnownImages(neighbors, length, hashed, step, 1, levels);
        BitSet kept = spread(features.size(), images).collect(BitSet::new, BitSet::set, BitSet::or);
        int[] left = IntStream.range(0, features.size()).filter(i -> !kept.get(i)).toArray();
        int[] measured = left.length >= LEAST_MEASURED ? left : IntStream.range(0, features.size()).toArray();
        double[] own = spread(measured.length, Math.min(MOST_MEASURED, measured.length)).parallel()
                .mapToDouble(i -> unscaled.novelty(features.get(measured[i]))).sorted().toArray();
        // One more image is within the r-th smallest of n distances with the probability r/(n + 1).
        int rank = Math.min(own.length, (int) Math.ceil(KEPT * (own.length + 1)));
        return new KnownImages(neighbors, length, hashed, step, Math.max(own[rank - 1], unscaled.rounding()), levels);
    }

    /** {@code some} of {@code all} indices, at equal distances. */
    private static IntStream spread(int all, int some) {
        return IntStream.range(0, some).map(i -> (int) ((long) i * all / some));
    }

    /**
     * Features as a unit vector. If it has fewer numbers, each feature is added to one of them with a sign by chance, which leaves inner
     * products as they are on average (Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", ICML 2009).
     */
    private static float[] unit(float[] features, int hashed) {
        float[] unit = new float[hashed];
        for (int i = 0; i < features.length; i++) {
            unit[i % hashed] += hashed < features.length && isNegative(i) ? -features[i] : features[i];
        }
        double norm = Math.sqrt(squares(unit));
        if (!Double.isFinite(norm)) {
            throw new IllegalArgumentException("known images: expected finite features, got NaN or infinity among them");
        }
        for (int i = 0; i < hashed && norm > 0; i++) {
            unit[i] = (float) (unit[i] / norm);
        }
        return unit;
    }

    /** The sign of a feature: a bit of its index's multiplicative hash. */
    private static boolean isNegative(int feature) {
        int hash = feature * 0x9E3779B9;
        return (hash ^ hash >>> 15) * 0x85EBCA6B < 0;
    }

    private static double squares(float[] values) {
        double squares = 0;
        for (float value : values) {
            squares += (double) value * value;
        }
        return squares;
    }

    /** The most that levels change a unit vector by. */
    private double rounding() {
        return step / 2 * Math.sqrt(hashed);
    }

    /** The number of features of an image that the network computes. */
    public int length() {
        return length;
    }

    /** The number of images that are kept. */
    public int images() {
        return levels.length / hashed;
    }

    /** The multiplications of one {@link #novelty}: the numbers that are kept, at most 524,288. */
    public int multiplications() {
        return columns.length;
    }

    /**
     * The novelty of an image: from 0; above 1 it is farther from the known images than 95 % of these are from each other. A known image
     * itself does not count among its neighbours.
     *
     * @throws IllegalArgumentException if the number of features is not {@link #length}, or they are not finite
     */
    public double novelty(float[] features) {
        if (features.length != length) {
            throw new IllegalArgumentException("known images: expected " + length + " features, got " + features.length);
        }
        return distance(unit(features, hashed)) / distance;
    }

    /** The distance to the k-th nearest of the images, by ‖a − b‖² = ‖a‖² − 2(a·b − ‖b‖²/2). */
    private double distance(float[] unit) {
        float[] near = halves.clone();
        for (int i = 0; i < hashed; i++) {
            float value = unit[i];
            for (int image = 0, at = i * near.length; image < near.length && value != 0; image++) {
                near[image] += value * columns[at + image];
            }
        }
        Arrays.sort(near);
        double own = squares(unit);
        boolean isKnown = distance(own, near[near.length - 1]) <= rounding();
        return distance(own, near[Math.max(0, near.length - neighbors - (isKnown ? 1 : 0))]);
    }

    private static double distance(double own, float near) {
        return Math.sqrt(Math.max(0, own - 2 * near));
    }

    /**
     * Requires that a network has as many features.
     *
     * @throws IllegalArgumentException if its last layer does not take them
     */
    void requireFit(Network net) {
        try (NoGrad off = net.device().noGrad(); Scope scope = net.device().scope()) {
            net.classify(net.device().tensor(Shape.of(1, length), new float[length]));
        } catch (IllegalArgumentException misfit) {
            throw new IllegalArgumentException(LENGTH + ": expected the number of features of the network's last layer, got " + length
                    + "; the entries " + KEY + "* are of another network: " + misfit.getMessage(), misfit);
        }
    }

    /** The entries for a model file's metadata, always in the same order. Among the weights they would hinder loaders of a state dict. */
    Map<String, String> toMap() {
        Map<String, String> entries = new LinkedHashMap<>();
        entries.put(NEIGHBORS, String.valueOf(neighbors));
        entries.put(LENGTH, String.valueOf(length));
        if (hashed < length) {
            entries.put(HASHED, String.valueOf(hashed));
        }
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
            int length = Integer.parseInt(metadata.getOrDefault(LENGTH, ""));
            return Optional.of(new KnownImages(Integer.parseInt(metadata.getOrDefault(NEIGHBORS, "")), length,
                    Integer.parseInt(metadata.getOrDefault(HASHED, String.valueOf(length))),
                    Float.parseFloat(metadata.getOrDefault(STEP, "")), Double.parseDouble(metadata.getOrDefault(DISTANCE, "")),
                    Base64.getDecoder().decode(metadata.get(FEATURES))));
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException(KEY + "*: damaged features of known images: " + wrong.getMessage(), wrong);
        }
    }
}
