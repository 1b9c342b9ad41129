package thaw.finetune.images;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * What happens to a decoded image before a network sees it, in training and in evaluation. Saved with a model, since a model
 * is only right for images that were prepared as its training images were.
 *
 * <p>Both resize the image so that its short side has {@code resize} pixels and cut a square of {@code size} out of it.
 * Evaluation takes the center; training takes what {@code crop} says and, where {@code flip} is set, mirrors half of the
 * images at random. An image that is already {@code size} x {@code size} is neither resized nor cropped, unless {@code exact}
 * says so. Samples become {@code (x / 255 - mean) / std}.
 *
 * @param size   side of the square, in pixels
 * @param resize short side before the crop, in pixels, at least {@code size}
 * @param exact  what becomes of images that are {@code size} x {@code size} already
 * @param crop   where training images are cropped
 * @param flip   whether training images are mirrored left to right with probability 1/2
 * @param mean   of red, green and blue, of samples from 0 to 1
 * @param std    their standard deviations
 */
public record Transforms(int size, int resize, ExactSize exact, Crop crop, boolean flip, List<Float> mean, List<Float> std) {
    /** The channels' means over ImageNet, which the weights in circulation were trained with. */
    public static final List<Float> IMAGENET_MEAN = List.of(0.485f, 0.456f, 0.406f);
    /** The channels' standard deviations over ImageNet. */
    public static final List<Float> IMAGENET_STD = List.of(0.229f, 0.224f, 0.225f);

    private static final int CHANNELS = 3;
    private static final float MARGIN = 1.15f;
    /** Of a long side to the short one, where an image is kept whole; longer ones would fill the memory. */
    private static final int MOST_RATIO = 256;
    private static final String PREFIX = "transforms.";

    /** @throws IllegalArgumentException for values that make no sense, named */
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

    /** The default for squares of {@code size}: a short side of 1.15 times that, center crop, flip, ImageNet's mean and std. */
    public static Transforms of(int size) {
        return new Transforms(size, shortSideFor(size), ExactSize.KEEP, Crop.CENTER, true, IMAGENET_MEAN, IMAGENET_STD);
    }

    /** Another size of square, with the default short side for it; where all images are resized, the same margin instead. */
    public Transforms size(int size) {
        int shortSide = exact == ExactSize.KEEP ? shortSideFor(size) : Math.round((float) size * resize / this.size);
        return new Transforms(size, shortSide, exact, crop, flip, mean, std);
    }

    /** Another treatment of images that are {@code size} x {@code size} already. */
    public Transforms exact(ExactSize exact) {
        return new Transforms(size, resize, exact, crop, flip, mean, std);
    }

    /** Another short side before the crop. */
    public Transforms resize(int shortSide) {
        return new Transforms(size, shortSide, exact, crop, flip, mean, std);
    }

    /** Another crop in training. */
    public Transforms crop(Crop crop) {
        return new Transforms(size, resize, exact, crop, flip, mean, std);
    }

    /** With or without mirroring in training. */
    public Transforms flip(boolean flip) {
        return new Transforms(size, resize, exact, crop, flip, mean, std);
    }

    /** Another mean and standard deviation, of red, green and blue. */
    public Transforms normalize(List<Float> mean, List<Float> std) {
        return new Transforms(size, resize, exact, crop, flip, mean, std);
    }

    /** Evaluation from beginning to end: a decoded image to {@code [3, size, size]}. */
    public float[] apply(RgbImage decoded) {
        float[] chw = new float[CHANNELS * size * size];
        write(square(decoded), chw, 0);
        return chw;
    }

    /** Whether a decoded image is left as it is, being {@code size} x {@code size} already. */
    public boolean keeps(RgbImage decoded) {
        return exact == ExactSize.KEEP && decoded.width() == size && decoded.height() == size;
    }

    /**
     * The square at the center that evaluation sees: {@link #forEvaluation} of {@link #resized}, of which no more than that is
     * computed, so that images of any proportions can be had.
     *
     * @throws IllegalArgumentException when the resized image would have a side of more than {@link Integer#MAX_VALUE}
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
     * The whole image with its short side at {@link #resize()}, which random crops are cut from: the part that is the same in every
     * epoch, and costs the most.
     *
     * @throws IllegalArgumentException when a side is more than 256 times the other
     */
    public RgbImage resized(RgbImage decoded) {
        if (keeps(decoded)) {
            return decoded;
        }
        int shortSide = Math.min(decoded.width(), decoded.height());
        int longSide = Math.max(decoded.width(), decoded.height());
        if (longSide / shortSide > MOST_RATIO) {
            throw new IllegalArgumentException("for random crops and augmentation, which need all of it, expected a side of at most "
                    + MOST_RATIO + " times the other");
        }
        return Resize.shortSide(decoded, resize);
    }

    /** The square at the center; an odd margin is split as torchvision does, which rounds half a pixel to the even one. */
    public RgbImage forEvaluation(RgbImage resized) {
        return resized.crop(centered(resized.width()), centered(resized.height()), size, size);
    }

    /**
     * The square that one training step sees, as {@code random} has it.
     *
     * @param resized from {@link #resized}; or from {@link #square}, where crops are at the center
     */
    public RgbImage forTraining(RgbImage resized, SplittableRandom random) {
        int left = cropLeft(resized, random);
        RgbImage square = resized.crop(left, cropTop(resized, random), size, size);
        return drawFlip(random) ? square.flipHorizontally() : square;
    }

    /** Whether a training image is mirrored; to be drawn after the crop. */
    public boolean drawFlip(SplittableRandom random) {
        return flip && random.nextBoolean();
    }

    /** Where the square of a training image begins, in pixels from the left. */
    public int cropLeft(RgbImage resized, SplittableRandom random) {
        return cropStart(resized.width(), random);
    }

    /** Where the square of a training image begins, in pixels from the top. */
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

    /** For a model file's metadata; {@link #fromMap} reads it back to an equal record. */
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
     * Reads what {@link #toMap} wrote; other keys are left alone. Without {@code transforms.exact} images of the exact size are kept.
     *
     * @throws IllegalArgumentException when a key is missing or its value is none, named
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
                                .collect(Collectors.joining(" or ")) + ", got '" + name + "'"));
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
            throw new IllegalArgumentException(PREFIX + key + ": expected 3 numbers with commas between them, got '"
                    + value(map, key) + "'", wrong);
        }
    }

    private static String value(Map<String, String> map, String key) {
        String value = map.get(PREFIX + key);
        if (value == null) {
            throw new IllegalArgumentException("the metadata has no '" + PREFIX + key + "'; expected a model saved with its "
                    + "transforms, or give the size and the rest yourself");
        }
        return value;
    }
}
