package thaw.finetune.augment;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;

/**
 * A list of random transforms of training images, applied as in fastai: all coordinate transforms are composed into one map,
 * through which the image is resampled once; brightness, contrast and color are composed into one curve per channel;
 * normalization and changes of the network's input, such as erasing, follow. Users add an {@link ImageTransform} of their own.
 * Immutable and thread-safe.
 *
 * <pre>{@code
 * Augmentation.fastai().with(new Rotate(20, 0.75)).with(RandomErasing.of(0.25))
 * }</pre>
 *
 * An augmentation replaces {@link Transforms#flip}. The square is still cropped by {@link Transforms#crop}, unless a
 * transform such as {@link RandomResizedCrop} has cropped it. A coordinate transform that reads outside the square gets the image's own
 * pixels where it has any, and the image reflected at its edges beyond.
 *
 * @param transforms at most one of each class. Matrices of coordinate transforms are multiplied in this order with perspective
 *                   maps on the left, so that the last of the others maps a pixel's position first; brightness and contrast are
 *                   applied in this order
 */
public record Augmentation(List<ImageTransform> transforms) {
    private static final int CHANNELS = 3;
    private static final int LEVELS = 256;

    /** @throws IllegalArgumentException if two transforms are of the same class */
    public Augmentation {
        transforms = List.copyOf(transforms);
        for (ImageTransform transform : transforms) {
            long same = transforms.stream().filter(other -> other.getClass() == transform.getClass()).count();
            if (same > 1) {
                throw new IllegalArgumentException("augmentation: expected one " + transform.getClass().getSimpleName()
                        + ", got " + same + ": " + transforms);
            }
        }
    }

    /** An augmentation of the given transforms, at most one of each class. */
    public static Augmentation of(ImageTransform... transforms) {
        return new Augmentation(List.of(transforms));
    }

    /** No transforms: training images are prepared as for evaluation, except for the position of the crop. */
    public static Augmentation none() {
        return of();
    }

    /** fastai's {@code aug_transforms()}: flip, warp, rotate, zoom, brightness and contrast with its magnitudes. */
    public static Augmentation fastai() {
        return fastai(1);
    }

    /** fastai's {@code aug_transforms(mult)}: {@link #fastai()} with all magnitudes but zoom's multiplied by {@code mult}. */
    public static Augmentation fastai(double mult) {
        double movement = 0.75;
        double light = 0.75;
        return of(new Flip(0.5), new Warp(0.2 * mult, movement), new Rotate(10 * mult, movement), new Zoom(1, 1.1, movement),
                new Brightness(0.2 * mult, light), new Contrast(0.2 * mult, light));
    }

    /** A copy in which {@code transform} replaces the one of the same class, or is appended if there is none. */
    public Augmentation with(ImageTransform transform) {
        List<ImageTransform> changed = new ArrayList<>(transforms);
        boolean replaced = false;
        for (int i = 0; i < changed.size(); i++) {
            if (changed.get(i).getClass() == transform.getClass()) {
                changed.set(i, transform);
                replaced = true;
            }
        }
        if (!replaced) {
            changed.add(transform);
        }
        return new Augmentation(changed);
    }

    /** Whether the list has no transforms but {@link Flip}; mirrored and unmirrored are then the only possible results. */
    public boolean flipsAtMost() {
        return transforms.stream().allMatch(Flip.class::isInstance);
    }

    /** Draws whether an image is mirrored, as {@link #write} does; for lists that {@linkplain #flipsAtMost flip at most}. */
    public boolean drawFlip(SplittableRandom random) {
        return transforms.stream().anyMatch(transform -> transform instanceof Flip flip && flip.happens(random));
    }

    /**
     * The deterministic part, equal in every epoch: a decoded image resized as by {@link Transforms#resized}, or to a higher
     * resolution if a transform needs more pixels ({@link ImageTransform#shortSide}) and the image has them.
     */
    public RgbImage resized(RgbImage decoded, Transforms prepare) {
        int needed = transforms.stream().mapToInt(transform -> transform.shortSide(prepare.size())).max().orElse(0);
        if (needed == 0) {
            return prepare.resized(decoded);
        }
        int shortSide = Math.min(decoded.width(), decoded.height());
        int wanted = Math.max(prepare.resize(), needed);
        return shortSide <= wanted ? decoded : prepare.resize(wanted).resized(decoded);
    }

    /**
     * Writes the network's input for one training step, {@code [3, size, size]} from {@code offset}, normalized.
     *
     * @param resized from {@link #resized}
     * @param random  the only source of randomness
     */
    public void write(RgbImage resized, Transforms prepare, SplittableRandom random, float[] chw, int offset) {
        int size = prepare.size();
        RgbImage image = resized;
        for (ImageTransform transform : transforms) {
            image = transform.apply(image, size, random);
        }
        boolean cropped = image != resized && image.width() == size && image.height() == size;
        int left = cropped ? 0 : prepare.cropLeft(image, random);
        int top = cropped ? 0 : prepare.cropTop(image, random);
        new Resampling(image, levels(tone(random), prepare)).write(map(random), left, top, size, chw, offset);
        for (ImageTransform transform : transforms) {
            transform.apply(chw, offset, size, random);
        }
    }

    private Projection map(SplittableRandom random) {
        Projection affine = Projection.IDENTITY;
        Projection perspective = Projection.IDENTITY;
        for (ImageTransform transform : transforms) {
            if (transform instanceof CoordinateTransform movement) {
                Projection drawn = movement.draw(random);
                if (drawn.isAffine()) {
                    affine = affine.times(drawn);
                } else {
                    perspective = perspective.times(drawn);
                }
            }
        }
        return perspective.times(affine);
    }

    private Tone tone(SplittableRandom random) {
        Tone tone = Tone.NEUTRAL;
        for (ImageTransform transform : transforms) {
            if (transform instanceof LightingTransform lighting) {
                tone = lighting.draw(tone, random);
            }
        }
        return tone;
    }

    private static float[][] levels(Tone tone, Transforms prepare) {
        float[][] levels = new float[CHANNELS][LEVELS];
        for (int c = 0; c < CHANNELS; c++) {
            for (int x = 0; x < LEVELS; x++) {
                float sample = tone.equals(Tone.NEUTRAL) ? x / 255f : (float) tone.apply(x / 255.0, c);
                levels[c][x] = prepare.normalized(sample, c);
            }
        }
        return levels;
    }
}
