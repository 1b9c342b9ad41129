package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.finetune.images.ExactSize;
import thaw.finetune.predict.ModelFile;

/** Images above the size limit, and images of the network's size among images of other sizes. */
class ImageSizeTest {

    @TempDir
    private Path folder;

    @Test
    void tooManyPixelsAreNamedAndPassedOver() throws IOException {
        Path data = ColourImages.blueAndRed(folder.resolve("data"));
        Path large = write(data.resolve("train/blue/large.png"), 200, 150);
        Path model = folder.resolve("model.safetensors");
        Run train = Run.of("train", data, "--arch", "resnet20", "--size", ColourImages.SIDE, "--epochs", 1,
                "--max-pixels", 29_999, "-o", model);
        assertEquals(0, train.code(), train::toString);
        assertTrue(train.errors().stream().anyMatch(line -> line.startsWith("thaw: 1 image was skipped: ")
                && line.contains("large.png: its 200 x 150 pixels are more than the limit of 29999")), train::toString);
        Run predict = Run.of("predict", large, "--max-pixels", 29_999, "--model", model);
        predict.requireFailure(large + ": its 200 x 150 pixels");
        assertEquals(0, Run.of("predict", large, "--model", model).code());
        Run wrong = Run.of("predict", large, "--max-pixels", 0, "--model", model);
        wrong.requireFailure("--max-pixels: expected 1 to ");
    }

    @Test
    void twoScalesAreNotedAndOneIsToBeHad() throws IOException {
        Path data = ColourImages.blueAndRed(folder.resolve("data"));
        write(data.resolve("train/blue/other.png"), 3 * ColourImages.SIDE, 2 * ColourImages.SIDE);
        Path model = folder.resolve("model.safetensors");
        Object[] train = {"train", data, "--arch", "resnet20", "--size", ColourImages.SIDE, "--epochs", 1, "-o", model};
        Run mixed = Run.of(train);
        assertEquals(0, mixed.code(), mixed::toString);
        assertTrue(mixed.errors().stream().anyMatch(line -> line.contains("two scales; --resize")), mixed::toString);
        assertEquals(ExactSize.KEEP, ModelFile.read(model).transforms().exact());

        JsonNode alike = new ObjectMapper().readTree(Run.of("train", data, "--arch", "resnet20", "--size", ColourImages.SIDE, "--epochs", 1,
                "--resize", ColourImages.SIDE + 5, "--json", "-o", model).out());
        assertEquals(ColourImages.SIDE, alike.get("size").asInt());
        assertEquals(ExactSize.RESIZE, ModelFile.read(model).transforms().exact());
        assertEquals(ColourImages.SIDE + 5, ModelFile.read(model).transforms().resize());
    }

    private static Path write(Path file, int width, int height) throws IOException {
        ImageIO.write(new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB), "png", file.toFile());
        return file;
    }
}
