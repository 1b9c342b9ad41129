package thaw.finetune.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import thaw.finetune.augment.Augmentation;
import thaw.finetune.augment.BatchMix;
import thaw.finetune.augment.CutMix;
import thaw.finetune.augment.Flip;
import thaw.finetune.augment.ImageTransform;
import thaw.finetune.augment.Mixup;
import thaw.finetune.augment.PcaLighting;
import thaw.finetune.augment.RandomErasing;
import thaw.finetune.augment.RandomResizedCrop;
import thaw.finetune.data.Split;
import thaw.finetune.images.ExactSize;
import thaw.finetune.images.Transforms;
import thaw.finetune.run.RunSettings;

/** Options for the training data: preparation, augmentation, and the validation split. */
final class DataOptions {

    enum Variation { NONE, FLIP, FASTAI }

    @Option(names = "--size", paramLabel = "PIXELS",
            description = "Image side (default: weights', else 224; CIFAR: 32).")
    private @Nullable Integer size;

    @Option(names = "--resize", paramLabel = "PIXELS", hidden = true,
            description = "Short side of all images before the crop (default: 1.15 times --size, except for images of that"
                    + " size).")
    private @Nullable Integer resize;

    @Mixin
    private PixelLimit limit;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "32", description = "Images per step (default: 32).")
    private int batch;

    @Option(names = "--augment", paramLabel = "KIND", defaultValue = "flip",
            description = "none, flip, or fastai: fastai's aug_transforms (default: flip).")
    private Variation variation;

    @Option(names = "--augment-strength", paramLabel = "F", defaultValue = "1", hidden = true,
            description = "Factor for the strength of --augment fastai (default: 1).")
    private double strength;

    @Option(names = "--erase", paramLabel = "P", hidden = true,
            description = "Erases a random rectangle in a share P of the images.")
    private @Nullable Double erase;

    @Option(names = "--random-resized-crop", arity = "0..1", fallbackValue = "0.35", paramLabel = "MIN", hidden = true,
            description = "Crops a random part of each image, of at least this share of its area (0.35 if no number is given).")
    private @Nullable Double randomResizedCrop;

    @Option(names = "--pca-lighting", arity = "0..1", fallbackValue = "0.1", paramLabel = "STD", hidden = true,
            description = "AlexNet's noise along the principal colours (0.1 if no number is given).")
    private @Nullable Double pcaLighting;

    @Option(names = "--mixup", arity = "0..1", fallbackValue = "0.4", paramLabel = "ALPHA",
            description = "Mixes images and labels (0.4 if no number is given).")
    private @Nullable Double mixup;

    @Option(names = "--cutmix", arity = "0..1", fallbackValue = "1", paramLabel = "ALPHA", hidden = true,
            description = "Pastes parts of images into others (1 if no number is given).")
    private @Nullable Double cutmix;

    @Mixin
    private ListingOptions listing;

    @Option(names = "--valid", paramLabel = "SHARE", defaultValue = "0.2", hidden = true,
            description = "Share held out for validation if there is no valid/ (default: 0.2).")
    private double validFraction;

    @Option(names = "--split", paramLabel = "KIND", hidden = true,
            description = "Validation split: stratified by class, or random (default: stratified; --multi-label: random).")
    private @Nullable Split split;

    @Option(names = "--balanced", hidden = true, description = "Draws equally many images of each class.")
    private boolean balanced;

    @Option(names = "--strict", hidden = true,
            description = "Stops at an image that cannot be read, instead of skipping it.")
    private boolean strict;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Random seed (default: 1).")
    private long seed;

    void requireSense() {
        Failure.ifBelow("--batch", batch, 1);
        Failure.ifBelow("--size", size == null ? 1 : size, 1);
        if (!(validFraction > 0 && validFraction < 1)) {
            throw new Failure("--valid: expected a share between 0 and 1, such as 0.2, got " + validFraction);
        }
        if (!(strength >= 0 && Double.isFinite(strength))) {
            throw new Failure("--augment-strength: expected a number of 0 or more, got " + strength);
        }
        if (strength != 1 && variation != Variation.FASTAI) {
            throw new Failure("--augment-strength applies only to --augment fastai; give that too");
        }
        if (mixup != null && cutmix != null) {
            throw new Failure("--mixup and --cutmix: give one of them");
        }
        if (listing.multiLabel() && balanced) {
            throw new Failure("--balanced is for images of one class each; leave it out with --multi-label");
        }
    }

    RunSettings.Variation variation() {
        BatchMix mix = mixup != null ? Failure.naming("--mixup", () -> new Mixup(mixup))
                : cutmix != null ? Failure.naming("--cutmix", () -> new CutMix(cutmix)) : null;
        return new RunSettings.Variation(augmentation(), mix, seed);
    }

    @Nullable
    Integer size() {
        return size;
    }

    private @Nullable Augmentation augmentation() {
        Augmentation kind = switch (variation) {
            case NONE -> Augmentation.none();
            case FLIP -> null;
            case FASTAI -> Augmentation.fastai(strength);
        };
        List<ImageTransform> more = new ArrayList<>();
        if (randomResizedCrop != null) {
            more.add(Failure.naming("--random-resized-crop", () -> RandomResizedCrop.of(randomResizedCrop)));
        }
        if (pcaLighting != null) {
            more.add(Failure.naming("--pca-lighting", () -> new PcaLighting(pcaLighting)));
        }
        if (erase != null && erase != 0) {
            more.add(Failure.naming("--erase", () -> RandomErasing.of(erase)));
        }
        if (more.isEmpty()) {
            return kind;
        }
        Augmentation all = kind == null ? Augmentation.of(new Flip(0.5)) : kind;
        for (ImageTransform one : more) {
            all = all.with(one);
        }
        return all;
    }

    /** The data settings before the folder has been scanned; {@link RunSettings.Data#found} adds the rest. */
    RunSettings.Data describe(Path folder, Transforms transforms) {
        Split how = split != null ? split : listing.multiLabel() ? Split.RANDOM : Split.STRATIFIED;
        return new RunSettings.Data(listing.source(folder),
                new RunSettings.Loading(batch, strict, balanced, resized(transforms, resize).toMap(), limit.maxPixels()),
                new RunSettings.Holdout(validFraction, Choice.spelling(how)), RunSettings.Found.NOTHING);
    }

    /** @param shortSide the value of {@code --resize}; null if it is not given */
    static Transforms resized(Transforms transforms, @Nullable Integer shortSide) {
        return shortSide == null ? transforms : transforms.resize(shortSide).exact(ExactSize.RESIZE);
    }
}
