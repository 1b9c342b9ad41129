package thaw.finetune.augment;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;

/**
 * The random changes of training images, in fastai's way: all movements become one map, through which the image is read once;
 * brightness, contrast and color become one curve; then come normalization and erasing.
 *
 * <pre>{@code
 * Augmentation.fastai().with(new Rotate(20, 0.75)).with(RandomErasing.of(0.25))
 * }</pre>
 *
 * It takes the place of {@link Transforms#flip}; the square is still cut where {@link Transforms#crop} says, unless there is a
 * {@link RandomResizedCrop}, which then decides. What a movement brings in from outside the square is the picture's own, as far
 * as there is any, and its mirror image beyond.
 *
 * @param transforms of different kinds. Matrices of movements are multiplied in this order and warps come last, so that a pixel's
 *                   place goes through the last of the others first; brightness and contrast are applied in this order
 */
public record Augmentation(List<ImageTransform> transforms) {
    private static final int CHANNELS = 3;
    private static final int LEVELS = 256;

    /** @throws IllegalArgumentException if there are two of one kind */
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

    public static Augmentation of(ImageTransform... transforms) {
        return new Augmentation(List.of(transforms));
    }

    /** Nothing: training images are prepared as for evaluation, but for where the square is cut. */
    public static Augmentation none() {
        return of();
    }

    /** fastai's {@code aug_transforms()}: flip, warp, rotate, zoom, brightness and contrast with its magnitudes. */
    public static Augmentation fastai() {
        return fastai(1);
    }

    /** fastai's {@code aug_transforms(mult)}. */
    public static Augmentation fastai(double mult) {
        double movement = 0.75;
        double light = 0.75;
        return of(new Flip(0.5), new Warp(0.2 * mult, movement), new Rotate(10 * mult, movement), new Zoom(1, 1.1, movement),
                new Brightness(0.2 * mult, light), new Contrast(0.2 * mult, light));
    }

    /** With {@code transform} in the place of that of the same kind, or at the end where there is none. */
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

    /** Without the transform of a kind, if there is one. */
    public Augmentation without(Class<? extends ImageTransform> kind) {
        return new Augmentation(transforms.stream().filter(transform -> !kind.isInstance(transform)).toList());
    }

    /** Whether a mirror image is all that may come of it. */
    public boolean flipsAtMost() {
        return transforms.stream().allMatch(Flip.class::isInstance);
    }

    /** Whether an image is mirrored, where {@linkplain #flipsAtMost that is all} that may happen: the draw of {@link #write}. */
    public boolean drawFlip(SplittableRandom random) {
        Flip flip = find(Flip.class);
        return flip != null && flip.happens(random);
    }

    /**
     * The part that is the same in every epoch: a decoded picture, resized as {@link Transforms#resized} does, or finer where
     * crops of random size want more pixels and the picture has them.
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
     * Writes what one training step sees, {@code [3, size, size]} from {@code offset}, normalized.
     *
     * @param resized from {@link #resized}
     * @param random  all that is random
     */
    public void write(RgbImage resized, Transforms prepare, SplittableRandom random, float[] chw, int offset) {
        int size = prepare.size();
        RandomResizedCrop crop = find(RandomResizedCrop.class);
        RgbImage picture = crop == null ? resized : crop.apply(resized, size, random);
        int left = crop == null ? prepare.cropLeft(picture, random) : 0;
        int top = crop == null ? prepare.cropTop(picture, random) : 0;
        new Resampling(picture, levels(tone(random), prepare)).write(map(random), left, top, size, chw, offset);
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
