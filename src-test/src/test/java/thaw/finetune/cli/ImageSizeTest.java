package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
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
        ThawProcess train = ThawProcess.start(folder, "train", data, "--arch", "resnet20", "--size", ColourImages.SIDE, "--epochs", 1,
                "--max-pixels", 29_999, "-o", model);
        assertEquals(0, train.exitCode(), train::toString);
        assertTrue(train.errors().stream().anyMatch(line -> line.startsWith("thaw: 1 image was skipped: ")
                && line.contains("large.png: its 200 x 150 pixels are more than the limit of 29999")), train::toString);
        ThawProcess predict = ThawProcess.start(folder, "predict", large, "--max-pixels", 29_999, "--model", model);
        assertEquals(2, predict.exitCode(), predict::toString);
        assertTrue(predict.errors().get(0).startsWith("thaw: " + large + ": its 200 x 150 pixels"), predict::toString);
        assertEquals(0, ThawProcess.start(folder, "predict", large, "--model", model).exitCode());
        ThawProcess wrong = ThawProcess.start(folder, "predict", large, "--max-pixels", 0, "--model", model);
        assertEquals(2, wrong.exitCode(), wrong::toString);
        assertTrue(wrong.errors().get(0).startsWith("thaw: --max-pixels: expected 1 to "), wrong::toString);
    }

    @Test
    void twoScalesAreNotedAndOneIsToBeHad() throws IOException {
        Path data = ColourImages.blueAndRed(folder.resolve("data"));
        write(data.resolve("train/blue/other.png"), 3 * ColourImages.SIDE, 2 * ColourImages.SIDE);
        Path model = folder.resolve("model.safetensors");
        Object[] train = {"train", data, "--arch", "resnet20", "--size", ColourImages.SIDE, "--epochs", 1, "-o", model};
        ThawProcess mixed = ThawProcess.start(folder, train);
        assertEquals(0, mixed.exitCode(), mixed::toString);
        assertTrue(mixed.errors().stream().anyMatch(line -> line.contains("two scales; --resize")), mixed::toString);
        assertEquals(ExactSize.KEEP, ModelFile.read(model).transforms().exact());

        JsonNode alike = ThawProcess.json(folder, "train", data, "--arch", "resnet20", "--size", ColourImages.SIDE, "--epochs", 1,
                "--resize", ColourImages.SIDE + 5, "--json", "-o", model);
        assertEquals(ColourImages.SIDE, alike.get("size").asInt());
        assertEquals(ExactSize.RESIZE, ModelFile.read(model).transforms().exact());
        assertEquals(ColourImages.SIDE + 5, ModelFile.read(model).transforms().resize());
    }

    private static Path write(Path file, int width, int height) throws IOException {
        ImageIO.write(new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB), "png", file.toFile());
        return file;
    }
}
