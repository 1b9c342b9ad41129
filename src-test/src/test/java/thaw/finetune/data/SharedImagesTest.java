package thaw.finetune.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.images.Transforms;

/** The real data sets, compared with the output of Pillow 12.3. */
class SharedImagesTest {
    @Test
    void cifarDecodesToPillowsBytes() {
        ImageFolder data = ImageFolder.of(shared("cifar10-test")).size(32);
        assertEquals(List.of("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
                data.classes());
        assertEquals(1000, data.evaluation().size());
        assertEquals(2590335950L, crc(data, 1));
    }

    @Test
    void photographsResizeToPillowsBytes() {
        ImageFolder data = ImageFolder.of(shared("dogscats")).size(64);
        assertEquals(List.of("cats", "dogs"), data.classes());
        assertEquals(400, data.train().size());
        assertEquals(600, data.valid().size());
        assertEquals(99827889L, crc(data, 4));
    }

    /** CRC-32 of every {@code step}-th evaluation image in order: resized, cropped at the centre, as rows of RGB bytes. */
    private static long crc(ImageFolder data, int step) {
        List<Sample> images = data.evaluation();
        CRC32 crc = new CRC32();
        Transforms transforms = data.transforms();
        IntStream.range(0, images.size() / step).parallel()
                .mapToObj(i -> ImageDecoder.decode(images.get(i * step).file()))
                .map(image -> transforms.forEvaluation(transforms.resized(image))).toList()
                .forEach(square -> crc.update(square.rgb()));
        return crc.getValue();
    }

    private static Path shared(String name) {
        Path folder = Path.of(System.getProperty("shared.dir", "../../shared"), "data", name);
        assumeTrue(Files.isDirectory(folder), "skipped: no " + folder + "; set -Dshared.dir to run on the real data");
        return folder;
    }
}
