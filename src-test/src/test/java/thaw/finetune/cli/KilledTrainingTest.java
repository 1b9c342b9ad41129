package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KilledTrainingTest {

    @TempDir
    private Path folder;

    @Test
    void leavesTheOldModelAsItWas() throws IOException, InterruptedException {
        Path data = ColourImages.blueAndRed(folder.resolve("data"));
        Path models = Files.createDirectory(folder.resolve("models"));
        Path model = models.resolve("model.safetensors");
        Files.writeString(model, "an older model");
        ThawProcess thaw = ThawProcess.start(folder, "train", data, "--arch", "resnet20", "--size", ColourImages.SIDE,
                "--epochs", 100_000, "-o", model);
        while (thaw.isRunning() && thaw.output().stream().noneMatch(line -> line.startsWith("all"))) {
            Thread.sleep(20);
        }
        assertTrue(thaw.isRunning(), thaw::toString);
        thaw.kill();
        assertEquals("an older model", Files.readString(model));
        try (Stream<Path> left = Files.list(models)) {
            assertEquals(1, left.count(), "no half-written file is left beside it");
        }
    }
}
