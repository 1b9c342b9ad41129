package thaw.finetune.augment;

import com.fasterxml.jackson.annotation.JsonSubTypes.Type;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.SplittableRandom;
import thaw.finetune.images.RgbImage;

/**
 * A random change of one training image, drawn from a stream of random numbers of the image and the epoch. An implementation
 * overrides one of the methods, or is a {@link CoordinateTransform} or a {@link LightingTransform}, which an
 * {@link Augmentation} composes with others of their kind. Implementations are immutable and thread-safe.
 *
 * <pre>{@code
 * record Invert(double p) implements ImageTransform {
 *     public void apply(float[] chw, int offset, int size, SplittableRandom random) {
 *         for (int i = 0; random.nextDouble() < p && i < 3 * size * size; i++) {
 *             chw[offset + i] = -chw[offset + i];
 *         }
 *     }
 * }
 * data.augment(Augmentation.fastai().with(new Invert(0.5)))
 * }</pre>
 *
 * <p>The settings of a run folder are text: they record the transforms of this package, with the record's name as "type", and
 * refuse others, which are given to a {@code Learner} in code.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({@Type(Flip.class), @Type(Dihedral.class), @Type(Rotate.class), @Type(Zoom.class), @Type(Warp.class),
    @Type(Brightness.class), @Type(Contrast.class), @Type(PcaLighting.class), @Type(RandomResizedCrop.class),
    @Type(RandomErasing.class), @Type(Corruption.class)})
public interface ImageTransform {
    /**
     * Changes the resized image, before the square of the network's input is cropped from it; the image itself by default.
     *
     * @param size the side of the network's input in pixels
     * @return an image of at least {@code size} pixels on both sides; one of exactly {@code size x size} is not cropped again
     */
    default RgbImage apply(RgbImage image, int size, SplittableRandom random) {
        return image;
    }

    /**
     * Changes the network's input in place, after coordinates and lighting; nothing by default.
     *
     * @param chw normalized samples, {@code [3, size, size]} from {@code offset}
     */
    default void apply(float[] chw, int offset, int size, SplittableRandom random) {
    }

    /**
     * The short side, in pixels, of the image that {@link #apply(RgbImage, int, SplittableRandom)} works best on; 0, the default,
     * for no preference. Images are resized to it if they have as many pixels and evaluation needs fewer.
     */
    default int shortSide(int size) {
        return 0;
    }
}
