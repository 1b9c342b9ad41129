package thaw.finetune.images;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * The preparation of decoded images for a network, in training and in evaluation. Saved with a model, because a model is only
 * valid for images prepared like its training images. Immutable, and so thread-safe.
 *
 * <p>Both resize the image to a short side of {@code resize} pixels and crop a square of {@code size}. Evaluation takes the
 * centre crop; training crops by {@code crop} and, if {@code flip} is set, mirrors images with probability 1/2. An image that is
 * already {@code size} x {@code size} is neither resized nor cropped, unless {@code exact} is {@link ExactSize#RESIZE}. Samples
 * become {@code (x / 255 - mean) / std}.
 *
 * @param size   side of the square, in pixels
 * @param resize short side before the crop, in pixels, at least {@code size}
 * @param exact  treatment of images that are {@code size} x {@code size} already
 * @param crop   position of the crop in training
 * @param flip   whether training images are mirrored left to right with probability 1/2
 * @param mean   means of red, green and blue, of samples from 0 to 1
 * @param std    standard deviations of red, green and blue
 */
public record Transforms(int size, int resize, ExactSize exact, Crop crop, boolean flip, List<Float> mean, List<Float> std) {
    /** The channels' means over ImageNet, with which most published weights were trained. */
    public static final List<Float> IMAGENET_MEAN = List.of(0.485f, 0.456f, 0.406f);
    /** The channels' standard deviations over ImageNet. */
    public static final List<Float> IMAGENET_STD = List.of(0.229f, 0.224f, 0.225f);

    private static final int CHANNELS = 3;
    private static final float MARGIN = 1.15f;
    /** The greatest ratio of the long side to the short one of an image resized whole; limits its memory. */
    private static final int MOST_RATIO = 256;
    private static final String PREFIX = "transforms.";

    /** @throws IllegalArgumentException for a value out of range; the message names it */
    public Transforms {
        if (size < 1) {
            throw new IllegalArgumentException("size: expected at least 1 pixel, got " + size);
        }
        if (resize < size) {
            throw new IllegalArgumentException("resize: expected a short side of at least the crop's " + size + " pixels, got "
                    + resize);
        }
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        if (mean.size() != CHANNELS || std.size() != CHANNELS) {
            throw new IllegalArgumentException("mean and std: expected 3 values each (red, green, blue), got " + mean + " and "
                    + std);
        }
        if (!mean.stream().allMatch(Float::isFinite) || !std.stream().allMatch(value -> Float.isFinite(value) && value > 0)) {
            throw new IllegalArgumentException("mean and std: expected finite numbers and std above 0, got "
                    + mean + " and " + std);
        }
    }

    /** The default for squares of {@code size}: a short side of 1.15 times that, centre crop, flip, ImageNet's mean and std. */
    public static Transforms of(int size) {
        return new Transforms(size, shortSideFor(size), ExactSize.KEEP, Crop.CENTER, true, IMAGENET_MEAN, IMAGENET_STD);
    }

    /** Sets the size of the square, with its default short side; or with the same margin if {@code exact} images are resized. */
    public Transforms size(int size) {
        int shortSide = exact == ExactSize.KEEP ? shortSideFor(size) : Math.round((float) size * resize / this.size);
        return new Transforms(size, shortSide, exact, crop, flip, mean, std);
    }

    /** Sets the treatment of images that are {@code size} x {@code size} already. */
    public Transforms exact(ExactSize exact) {
        return new Transforms(size, resize, exact, crop, flip, mean, std);
    }

    /** Sets the short side before the crop. */
    public Transforms resize(int shortSide) {
        return new Transforms(size, shortSide, exact, crop, flip, mean, std);
    }

    /** Sets the crop in training. */
    public Transforms crop(Crop crop) {
        return new Transforms(size, resize, exact, crop, flip, mean, std);
    }

    /** Sets whether images are mirrored at random in training. */
    public Transforms flip(boolean flip) {
        return new Transforms(size, resize, exact, crop, flip, mean, std);
    }

    /** Sets mean and standard deviation of red, green and blue. */
    public Transforms normalize(List<Float> mean, List<Float> std) {
        return new Transforms(size, resize, exact, crop, flip, mean, std);
    }

    /** The complete preparation for evaluation: a decoded image to {@code [3, size, size]}. */
    public float[] apply(RgbImage decoded) {
        float[] chw = new float[CHANNELS * size * size];
        write(square(decoded), chw, 0);
        return chw;
    }

    /** Whether a decoded image is neither resized nor cropped, because it is {@code size} x {@code size} already. */
    public boolean keeps(RgbImage decoded) {
        return exact == ExactSize.KEEP && decoded.width() == size && decoded.height() == size;
    }

    /**
     * The centre crop for evaluation: equal to {@link #forEvaluation} of {@link #resized}, but without computing the rest, so
     * that images of any aspect ratio are possible.
     *
     * @throws IllegalArgumentException if a side of the resized image would exceed {@link Integer#MAX_VALUE}
     */
    public RgbImage square(RgbImage decoded) {
        if (keeps(decoded)) {
            return decoded;
        }
        int width = Resize.widthFor(decoded, resize);
        int height = Resize.heightFor(decoded, resize);
        return Resize.part(decoded, width, height, centered(width), centered(height), size, size);
    }

    /**
     * The whole image resized to a short side of {@link #resize()}, the input of random crops. This step is the same in every
     * epoch and the most expensive one, so its result can be cached.
     *
     * @throws IllegalArgumentException if a side is more than 256 times the other
     */
    public RgbImage resized(RgbImage decoded) {
        if (keeps(decoded)) {
            return decoded;
        }
        int shortSide = Math.min(decoded.width(), decoded.height());
        int longSide = Math.max(decoded.width(), decoded.height());
        if (longSide / shortSide > MOST_RATIO) {
            throw new IllegalArgumentException("random crops and augmentation need the whole image; expected a side of at most "
                    + MOST_RATIO + " times the other");
        }
        return Resize.shortSide(decoded, resize);
    }

    /** The centre crop; an odd margin is split as in torchvision, which rounds half a pixel to even. */
    public RgbImage forEvaluation(RgbImage resized) {
        return resized.crop(centered(resized.width()), centered(resized.height()), size, size);
    }

    /**
     * The training crop, flipped or not, by {@code random}.
     *
     * @param resized an image from {@link #resized}; or from {@link #square} for centre crops
     */
    public RgbImage forTraining(RgbImage resized, SplittableRandom random) {
        int left = cropLeft(resized, random);
        RgbImage square = resized.crop(left, cropTop(resized, random), size, size);
        return drawFlip(random) ? square.flipHorizontally() : square;
    }

    /** Draws whether a training image is mirrored; to be called after the crop is drawn. */
    public boolean drawFlip(SplittableRandom random) {
        return flip && random.nextBoolean();
    }

    /** The left edge of a training crop, in pixels; random for {@link Crop#RANDOM}. */
    public int cropLeft(RgbImage resized, SplittableRandom random) {
        return cropStart(resized.width(), random);
    }

    /** The top edge of a training crop, in pixels; random for {@link Crop#RANDOM}. */
    public int cropTop(RgbImage resized, SplittableRandom random) {
        return cropStart(resized.height(), random);
    }

    private int cropStart(int extent, SplittableRandom random) {
        return switch (crop) {
            case CENTER -> centered(extent);
            case RANDOM -> random.nextInt(extent - size + 1);
        };
    }

    private int centered(int extent) {
        return (int) Math.rint((extent - size) / 2.0);
    }

    /** {@code (sample - mean) / std} of a sample from 0 to 1, in float32 as PyTorch computes it. */
    public float normalized(float sample, int channel) {
        return (sample - mean.get(channel)) / std.get(channel);
    }

    /**
     * Writes {@code (x / 255 - mean) / std} to {@code chw[offset ...]} as {@code [3, size, size]}.
     *
     * @param square an image of {@code size} x {@code size}
     */
    public void write(RgbImage square, float[] chw, int offset) {
        if (square.width() != size || square.height() != size) {
            throw new IllegalArgumentException("expected an image of " + size + " x " + size + " pixels, got " + square);
        }
        byte[] rgb = square.rgb();
        int plane = size * size;
        float[] values = new float[256];
        for (int c = 0; c < CHANNELS; c++) {
            for (int x = 0; x < values.length; x++) {
                values[x] = normalized(x / 255f, c);
            }
            for (int i = 0, target = offset + c * plane; i < plane; i++) {
                chw[target + i] = values[rgb[CHANNELS * i + c] & 0xff];
            }
        }
    }

    /** The transforms as metadata of a model file; {@link #fromMap} restores an equal record. */
    public Map<String, String> toMap() {
        Map<String, String> map = new LinkedHashMap<>();
        map.put(PREFIX + "size", Integer.toString(size));
        map.put(PREFIX + "resize", Integer.toString(resize));
        if (exact != ExactSize.KEEP) {
            map.put(PREFIX + "exact", exact.name().toLowerCase(Locale.ROOT));
        }
        map.put(PREFIX + "crop", crop.name().toLowerCase(Locale.ROOT));
        map.put(PREFIX + "flip", Boolean.toString(flip));
        map.put(PREFIX + "mean", join(mean));
        map.put(PREFIX + "std", join(std));
        return map;
    }

    /**
     * The transforms written by {@link #toMap}; other keys are ignored. Without {@code transforms.exact}, images of the exact size
     * are kept.
     *
     * @throws IllegalArgumentException if a key is missing or its value is invalid; the message names it
     */
    public static Transforms fromMap(Map<String, String> map) {
        ExactSize exact = map.containsKey(PREFIX + "exact") ? constant(ExactSize.class, map, "exact") : ExactSize.KEEP;
        return new Transforms(integer(map, "size"), integer(map, "resize"), exact, constant(Crop.class, map, "crop"),
                flag(map, "flip"), floats(map, "mean"), floats(map, "std"));
    }

    private static int shortSideFor(int size) {
        return Math.round(size * MARGIN);
    }

    private static String join(List<Float> values) {
        return values.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    private static <E extends Enum<E>> E constant(Class<E> kind, Map<String, String> map, String key) {
        String name = value(map, key);
        return Arrays.stream(kind.getEnumConstants()).filter(one -> one.name().equalsIgnoreCase(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException(PREFIX + key + ": expected "
                        + Arrays.stream(kind.getEnumConstants()).map(one -> one.name().toLowerCase(Locale.ROOT))
                                .collect(Collectors.joining(" or "))
                        + ", got '" + name + "'"));
    }

    private static boolean flag(Map<String, String> map, String key) {
        return switch (value(map, key)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(PREFIX + key + ": expected true or false, got '"
                    + value(map, key) + "'");
        };
    }

    private static int integer(Map<String, String> map, String key) {
        try {
            return Integer.parseInt(value(map, key));
        } catch (NumberFormatException wrong) {
            throw new IllegalArgumentException(PREFIX + key + ": expected a whole number, got '" + value(map, key) + "'", wrong);
        }
    }

    private static List<Float> floats(Map<String, String> map, String key) {
        try {
            return Arrays.stream(value(map, key).split(",")).map(Float::valueOf).toList();
        } catch (NumberFormatException wrong) {
            throw new IllegalArgumentException(PREFIX + key + ": expected 3 numbers separated by commas, got '"
                    + value(map, key) + "'", wrong);
        }
    }

    private static String value(Map<String, String> map, String key) {
        String value = map.get(PREFIX + key);
        if (value == null) {
            throw new IllegalArgumentException("the metadata has no '" + PREFIX + key + "'; expected a model saved with its "
                    + "transforms, or set them explicitly");
        }
        return value;
    }
}
