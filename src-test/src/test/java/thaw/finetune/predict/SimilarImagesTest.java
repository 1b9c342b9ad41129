package thaw.finetune.predict;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.ImageSource;
import thaw.finetune.train.ColourFolder;
import thaw.resnet.ResNet;

class SimilarImagesTest {

    /** Directions at known angles to the first axis, of any length. */
    @Test
    void theCosineIsThatOfTheAngle() {
        Random random = new Random(1);
        List<Integer> degrees = List.of(0, 170, 15, 90, 40);
        List<float[]> features = degrees.stream().map(angle -> {
            float length = 0.1f + 10 * random.nextFloat();
            return new float[] {length * (float) Math.cos(Math.toRadians(angle)), length * (float) Math.sin(Math.toRadians(angle))};
        }).toList();
        List<SimilarImages.Match<Integer>> found = new SimilarImages<>(degrees, features).nearest(new float[] {3, 0}, 9);
        assertEquals(List.of(0, 15, 40, 90, 170), found.stream().map(SimilarImages.Match::image).toList());
        found.forEach(match -> assertEquals(Math.cos(Math.toRadians(match.image())), match.cosine(), 1e-6));
        assertEquals(found.subList(0, 2), new SimilarImages<>(degrees, features).nearest(new float[] {3, 0}, 2));
        assertEquals(0, new SimilarImages<>(List.of("black"), List.of(new float[2])).nearest(new float[] {3, 0}, 1).get(0).cosine());
    }

    @Test
    void wrongArgumentsAreRefused() {
        SimilarImages<String> one = new SimilarImages<>(List.of("a"), List.of(new float[2]));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> one.nearest(new float[3], 1)).getMessage()
                .contains("expected 2 numbers"));
        assertThrows(IllegalArgumentException.class, () -> one.nearest(new float[2], 0));
        assertThrows(IllegalArgumentException.class, () -> new SimilarImages<>(List.of("a", "b"), List.of(new float[2])));
    }

    /** Each image is nearest to itself; an unreadable file is left out and told of; several threads find the same. */
    @Test
    void aClassifierSearchesFiles(@TempDir Path folder) throws IOException {
        ImageFolder data = ColourFolder.in(folder);
        Path broken = Files.writeString(folder.resolve("broken.png"), "no image");
        List<ImageSource> files = Stream.concat(data.loaders().train().samples().stream().map(sample -> sample.file()), Stream.of(broken))
                .map(ImageSource::of).toList();
        try (Device device = Device.cpu(1);
                Classifier classifier = Classifier.of(ModelFile.of(ResNet.resnet20(device, 2), data.classes(), data.transforms()),
                        Device.cpu(1))) {
            List<ImageReadException> unread = new ArrayList<>();
            SimilarImages<ImageSource> index = classifier.index(files, unread::add);
            assertEquals(files.subList(0, files.size() - 1), index.images());
            assertEquals(1, unread.size());
            assertTrue(unread.get(0).getMessage().contains("broken.png"));
            List<List<String>> names = IntStream.range(0, files.size() - 1).parallel()
                    .mapToObj(i -> index.nearest(classifier.features(files.get(i)), 3).stream().map(match -> match.image().name()).toList())
                    .toList();
            for (int i = 0; i < names.size(); i++) {
                List<SimilarImages.Match<ImageSource>> alone = index.nearest(classifier.features(files.get(i)), 3);
                assertEquals(1, alone.get(0).cosine(), 1e-6);
                assertEquals(alone.stream().map(match -> match.image().name()).toList(), names.get(i));
                assertArrayEquals(index.features().get(i), classifier.features(files.get(i)), 1e-5f);
            }
            assertThrows(ImageReadException.class, () -> classifier.features(ImageSource.of(broken)));
        }
    }
}
