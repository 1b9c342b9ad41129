package thaw.finetune.check;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.kernels.Shape;

/**
 * Finds copies of images: equal ones, and ones encoded again, resized, or cropped by up to about a tenth of a side. Each image is
 * compared with those whose thumbnails have the highest cosine, after {@link Alignment}: a crop moves every detail, so that hashes and
 * cosines alone miss it. The cosines of all pairs are matrix products of some rows at a time: memory grows with the number of images,
 * time with its square; 100,000 images take 5·10¹² operations and 32 MiB for a product.
 */
final class Copies {

    /** Two images, by index, and their correlation after alignment; 1 if they are equal, otherwise below. */
    record Pair(int first, int second, double correlation) {
    }

    /**
     * The least correlation of a copy, chosen on photographs of dogs and cats: their copies, encoded at a quality of 0.25, resized by 0.5
     * to 1.5 or cropped by a twentieth, have 0.97 or more, different photographs at most 0.93.
     */
    static final double LEAST = 0.955;
    /** Copies cropped by a twentieth have at least 0.64 before alignment. */
    private static final double LEAST_COSINE = 0.5;
    private static final int CANDIDATES = 10;
    private static final int SIDE = 16;
    private static final int PRODUCT = 1 << 23;

    private final @Nullable ImageTraits[] traits;
    private final List<Pair> pairs = new ArrayList<>();

    private Copies(@Nullable ImageTraits[] traits) {
        this.traits = traits;
    }

    /** @param traits of each image; null for an image that cannot be read */
    static List<Pair> find(@Nullable ImageTraits[] traits, Device device) {
        Copies copies = new Copies(traits);
        int[] different = copies.equal();
        TreeSet<Long> candidates = copies.candidates(different, device);
        copies.pairs.addAll(candidates.parallelStream().map(copies::aligned).filter(pair -> pair.correlation >= LEAST).toList());
        return copies.pairs;
    }

    /** Adds the pairs of equal images, and returns the first of each set of equal ones. */
    private int[] equal() {
        record Content(int width, int height, int hash, ByteBuffer thumbnail) {
        }
        Map<Content, Integer> first = new LinkedHashMap<>();
        for (int i = 0; i < traits.length; i++) {
            ImageTraits one = traits[i];
            if (one != null) {
                Integer before = first.putIfAbsent(new Content(one.width(), one.height(), one.hash(), ByteBuffer.wrap(one.thumbnail())), i);
                if (before != null) {
                    pairs.add(new Pair(before, i, 1));
                }
            }
        }
        return first.values().stream().mapToInt(Integer::intValue).toArray();
    }

    /** The pairs {@code first << 32 | second} worth a comparison. */
    private TreeSet<Long> candidates(int[] images, Device device) {
        TreeSet<Long> found = new TreeSet<>();
        if (images.length < 2) {
            return found;
        }
        int length = SIDE * SIDE;
        float[] all = new float[images.length * length];
        for (int i = 0; i < images.length; i++) {
            System.arraycopy(unit(traits[images[i]].thumbnail()), 0, all, i * length, length);
        }
        int rows = Math.max(1, Math.min(images.length, PRODUCT / images.length));
        try (NoGrad off = device.noGrad(); Scope scope = device.scope()) {
            Tensor every = device.tensor(Shape.of(images.length, length), all);
            for (int start = 0; start < images.length; start += rows) {
                int end = Math.min(images.length, start + rows);
                try (Scope block = device.scope()) {
                    Tensor some = device.tensor(Shape.of(end - start, length), Arrays.copyOfRange(all, start * length, end * length));
                    List<float[]> cosines = Functional.linear(some, every).toRows();
                    for (int i = start; i < end; i++) {
                        for (int j : highest(cosines.get(i - start), i)) {
                            found.add((long) images[Math.min(i, j)] << Integer.SIZE | images[Math.max(i, j)]);
                        }
                    }
                }
            }
        }
        return found;
    }

    /** The deviations from the mean, of length 1; shorter if they are little more than noise of one level. */
    private static float[] unit(byte[] thumbnail) {
        float[] values = Alignment.reduced(thumbnail, SIDE);
        double mean = 0;
        for (float value : values) {
            mean += value / values.length;
        }
        double squares = values.length;
        for (int i = 0; i < values.length; i++) {
            values[i] -= (float) mean;
            squares += values[i] * values[i];
        }
        for (int i = 0; i < values.length; i++) {
            values[i] /= (float) Math.sqrt(squares);
        }
        return values;
    }

    /** The places of the highest values of at least {@link #LEAST_COSINE}, without {@code own}. */
    private static List<Integer> highest(float[] values, int own) {
        List<Integer> best = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            if (i == own || values[i] < LEAST_COSINE || best.size() == CANDIDATES && values[i] <= values[best.get(CANDIDATES - 1)]) {
                continue;
            }
            int at = best.size();
            while (at > 0 && values[best.get(at - 1)] < values[i]) {
                at--;
            }
            best.add(at, i);
            if (best.size() > CANDIDATES) {
                best.remove(CANDIDATES);
            }
        }
        return best;
    }

    private Pair aligned(long pair) {
        int first = (int) (pair >>> Integer.SIZE);
        int second = (int) pair;
        ImageTraits a = traits[first];
        ImageTraits b = traits[second];
        return new Pair(first, second, Math.min(Math.nextDown(1.0),
                Alignment.correlation(a.thumbnail(), b.thumbnail(), Math.min(a.shortSide(), b.shortSide()))));
    }
}
