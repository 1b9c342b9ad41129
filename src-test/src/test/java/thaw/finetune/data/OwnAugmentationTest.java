package thaw.finetune.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.finetune.augment.Augmentation;
import thaw.finetune.augment.BatchMix;
import thaw.finetune.augment.CoordinateTransform;
import thaw.finetune.augment.Flip;
import thaw.finetune.augment.ImageTransform;
import thaw.finetune.augment.LightingTransform;
import thaw.finetune.augment.Projection;
import thaw.finetune.augment.Tone;
import thaw.finetune.images.RgbImage;

/** Augmentations and a batch mix written outside the library, each against the plain image. */
class OwnAugmentationTest {
    private static final int SIDE = 8;

    @TempDir
    static Path root;
    static ImageFolder data;

    /** Mirrors the image before the square is cropped. */
    record MirrorImage() implements ImageTransform {
        @Override
        public RgbImage apply(RgbImage image, int size, SplittableRandom random) {
            return image.flipHorizontally();
        }
    }

    /** Changes the sign of the network's input. */
    record Negate() implements ImageTransform {
        @Override
        public void apply(float[] chw, int offset, int size, SplittableRandom random) {
            for (int i = 0; i < 3 * size * size; i++) {
                chw[offset + i] = -chw[offset + i];
            }
        }
    }

    /** Mirrors the positions at which the image is read. */
    record MirrorPositions() implements CoordinateTransform {
        @Override
        public Projection draw(SplittableRandom random) {
            return Projection.affine(-1, 0, 0, 0, 1, 0);
        }
    }

    /** Adds to the red channel. */
    record Redden(double by) implements LightingTransform {
        @Override
        public Tone draw(Tone before, SplittableRandom random) {
            return before.plus(by, 0, 0);
        }
    }

    /** The mean of an image and its partner, and of their targets. */
    record Mean() implements BatchMix {
        @Override
        public void apply(float[] images, float[] targets, int side, int[] order, SplittableRandom random) {
            for (float[] rows : List.of(images, targets)) {
                float[] before = rows.clone();
                int length = rows.length / order.length;
                for (int i = 0; i < rows.length; i++) {
                    rows[i] = (before[i] + before[order[i / length] * length + i % length]) / 2;
                }
            }
        }
    }

    @BeforeAll
    static void images() throws IOException {
        DrawnFolder.fill(root.resolve("a"), 5, 10, 10);
        DrawnFolder.fill(root.resolve("b"), 5, 10, 10);
        data = ImageFolder.of(root).size(SIDE).batch(4).seed(5);
        data = data.transforms(data.transforms().resize(SIDE).flip(false));
    }

    @Test
    void eachKindOfTransformIsApplied() {
        float[] plain = firstBatch(data);
        float[] flipped = firstBatch(data.augment(Augmentation.of(new Flip(1))));
        assertArrayEquals(flipped, firstBatch(data.augment(Augmentation.of(new MirrorImage()))));
        assertArrayEquals(flipped, firstBatch(data.augment(Augmentation.of(new MirrorPositions()))));
        assertArrayEquals(plain, firstBatch(data.augment(Augmentation.of(new MirrorImage(), new MirrorPositions()))));
        float[] negated = firstBatch(data.augment(Augmentation.of(new Negate())));
        float[] redder = firstBatch(data.augment(Augmentation.of(new Redden(0.25))));
        for (int i = 0; i < plain.length; i++) {
            boolean red = i / (SIDE * SIDE) % 3 == 0;
            assertEquals(-plain[i], negated[i]);
            assertEquals(red ? plain[i] + 0.25 / 0.229 : plain[i], redder[i], 1e-5);
        }
    }

    @Test
    void itCountsAsVariation() {
        ImageFolder own = data.augment(Augmentation.of(new Negate()));
        assertFalse(own.loaders().isFlippedAtMost());
        assertEquals("varied by Negate", own.loaders().variation());
    }

    @Test
    void aMixSeesImagesAndTargets() {
        List<float[]> plain = new ArrayList<>();
        try (Batches batches = data.trainLoader().epoch(0)) {
            batches.forEach(batch -> plain.add(batch.images().clone()));
        }
        try (Batches batches = data.mix(new Mean()).trainLoader().epoch(0)) {
            for (int k = 0; batches.hasNext(); k++) {
                Batch batch = batches.next();
                Batch.Matrix targets = (Batch.Matrix) batch.targets();
                int length = batch.images().length / batch.size();
                for (int p = 0; p < length; p++) {
                    double before = 0;
                    double after = 0;
                    for (int i = 0; i < batch.size(); i++) {
                        before += plain.get(k)[i * length + p];
                        after += batch.images()[i * length + p];
                    }
                    assertEquals(before, after, 1e-4, "a permutation keeps the sum");
                }
                for (float value : targets.values()) {
                    assertEquals(0, value % 0.5f);
                }
            }
        }
    }

    private static float[] firstBatch(ImageFolder folder) {
        try (Batches batches = folder.trainLoader().epoch(0)) {
            return batches.next().images().clone();
        }
    }
}
