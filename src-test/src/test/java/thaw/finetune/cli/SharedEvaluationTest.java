package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SharedEvaluationTest {

    /** PyTorch 2.13 classifies 804 of these 1000 images correctly. */
    @Test
    void evaluatesTheWeightsOfOthers() throws IOException {
        Path shared = Path.of(System.getProperty("shared.dir", "../../shared"), "data").toAbsolutePath().normalize();
        assumeTrue(Files.isDirectory(shared), "skipped: no " + shared + "; set -Dshared.dir to run on the real data");
        JsonNode found = Run.json("evaluate", shared.resolve("cifar10-test"), "--arch", "resnet20", "--weights",
                shared.resolve("weights/resnet20-12fca82f.th"));
        assertEquals(1000, found.get("total").asInt());
        assertEquals(804, found.get("correct").asInt(), 1);
        assertEquals(found.get("correct").asInt() / 1000.0, found.get("accuracy").asDouble());
        assertEquals(32, found.get("size").asInt());
    }

    /** PyTorch 2.13 classifies 712 correctly if all are resized to 37 pixels by Pillow's {@code BILINEAR} and cropped to 32. */
    @Test
    void resizesAllImagesLikeTorchvisionWhereThatIsAskedFor() throws IOException {
        Path shared = Path.of(System.getProperty("shared.dir", "../../shared"), "data").toAbsolutePath().normalize();
        assumeTrue(Files.isDirectory(shared), "skipped: no " + shared + "; set -Dshared.dir to run on the real data");
        JsonNode found = Run.json("evaluate", shared.resolve("cifar10-test"), "--resize", 37, "--weights",
                shared.resolve("weights/resnet20-12fca82f.th"));
        assertEquals(712, found.get("correct").asInt(), 1);
    }
}
