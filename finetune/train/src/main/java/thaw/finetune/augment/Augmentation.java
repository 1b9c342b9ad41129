package thaw.finetune.augment;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;

/**
 * A list of random transforms of training images, applied as in fastai: all coordinate transforms are composed into one map,
 * through which the image is resampled once; brightness, contrast and color are composed into one curve per channel;
 * normalization and erasing follow. Immutable and thread-safe.
 *
 * <pre>{@code
 * Augmentation.fastai().with(new Rotate(20, 0.75)).with(RandomErasing.of(0.25))
 * }</pre>
 *
 * An augmentation replaces {@link Transforms#flip}. The square is still cropped by {@link Transforms#crop}, unless the list
 * has a {@link RandomResizedCrop}, which then crops. A coordinate transform that reads outside the square gets the image's own
 * pixels where it has any, and the image reflected at its edges beyond.
 *
 * @param transforms at most one of each class. Matrices of coordinate transforms are multiplied in this order with the warp on
 *                   the left, so that the last of the others maps a pixel's position first; brightness and contrast are applied
 *                   in this order
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

    /** A copy without the transforms of a class. */
    public Augmentation without(Class<? extends ImageTransform> kind) {
        return new Augmentation(transforms.stream().filter(transform -> !kind.isInstance(transform)).toList());
    }

    /** Whether the list has no transforms but {@link Flip}; mirrored and unmirrored are then the only possible results. */
    public boolean flipsAtMost() {
        return transforms.stream().allMatch(Flip.class::isInstance);
    }

    /** Draws whether an image is mirrored, as {@link #write} does; for lists that {@linkplain #flipsAtMost flip at most}. */
    public boolean drawFlip(SplittableRandom random) {
        Flip flip = find(Flip.class);
        return flip != null && flip.happens(random);
    }

    /**
     * The deterministic part, equal in every epoch: a decoded image resized as by {@link Transforms#resized}, or to a higher
     * resolution if the list has a {@link RandomResizedCrop} that needs more pixels and the image has them.
     */
    public RgbImage resized(RgbImage decoded, Transforms prepare) {
        RandomResizedCrop crop = find(RandomResizedCrop.class);
        if (crop == null) {
            return prepare.resized(decoded);
        }
        int shortSide = Math.min(decoded.width(), decoded.height());
        int wanted = Math.max(prepare.resize(), crop.shortSide(prepare.size()));
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
        RandomResizedCrop crop = find(RandomResizedCrop.class);
        RgbImage image = crop == null ? resized : crop.apply(resized, size, random);
        int left = crop == null ? prepare.cropLeft(image, random) : 0;
        int top = crop == null ? prepare.cropTop(image, random) : 0;
        new Resampling(image, levels(tone(random), prepare)).write(map(random), left, top, size, chw, offset);
        RandomErasing erasing = find(RandomErasing.class);
        if (erasing != null) {
            erasing.apply(chw, offset, size, random);
        }
    }

    private Projection map(SplittableRandom random) {
        Projection affine = Projection.IDENTITY;
        Projection perspective = Projection.IDENTITY;
        for (ImageTransform transform : transforms) {
            if (transform instanceof Warp warp) {
                perspective = warp.draw(random);
            } else if (transform instanceof CoordinateTransform movement) {
                affine = affine.times(movement.draw(random));
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

    private <T extends ImageTransform> T find(Class<T> kind) {
        return transforms.stream().filter(kind::isInstance).map(kind::cast).findFirst().orElse(null);
    }
}
