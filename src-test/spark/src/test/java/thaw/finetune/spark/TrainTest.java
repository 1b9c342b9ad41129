package thaw.finetune.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.train.EpochResult;

/** The application that trains, and what it refuses before the cluster works. */
class TrainTest {
    private static final String WEIGHTS = Photographs.DATA.resolve("weights/resnet20-12fca82f.th").toString();

    @TempDir
    private Path folder;

    private String[] arguments(String data, String model, String weights, String... more) {
        List<String> all = new ArrayList<>(List.of(folder.resolve(data).toString(), "--model", folder.resolve(model).toString(),
                "--weights", folder.resolve(weights).toString(), "--size", "16", "--batch", "4"));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    private String refusal(String... arguments) {
        return assertThrows(Exception.class, () -> new Train(arguments)).getMessage();
    }

    @Test
    void twoExecutorsTrainAModel() throws Exception {
        DistributedTrainingTest.fill(folder.resolve("images"));
        List<EpochResult> epochs = new Train(arguments("images", "model.safetensors", WEIGHTS, "--epochs", "1", "--workers", "2"))
                .run(Cluster.session());
        assertEquals(List.of("head", "all"), epochs.stream().map(epoch -> epoch.at().phase()).toList());
        ModelFile model = ModelFile.read(folder.resolve("model.safetensors"));
        assertEquals(List.of("blue", "red"), model.classes());
        assertEquals(16, model.transforms().size());
        assertFalse(Files.exists(folder.resolve("model.safetensors.checkpoint")));
    }

    @Test
    void whatIsWrongIsRefusedBeforeTheClusterWorks() throws Exception {
        DistributedTrainingTest.fill(folder.resolve("images"));
        String nowhere = refusal(arguments("nowhere", "model.safetensors", WEIGHTS));
        assertTrue(nowhere.startsWith(folder.resolve("nowhere") + ": "), nowhere);
        Files.writeString(folder.resolve("text.pth"), "no weights");
        String text = refusal(arguments("images", "model.safetensors", "text.pth"));
        assertTrue(text.startsWith(folder.resolve("text.pth") + ": "), text);
        String absent = refusal(arguments("images", "none/model.safetensors", WEIGHTS));
        assertTrue(absent.contains("there is no folder " + folder.resolve("none")), absent);
        assertEquals("--workers: expected a whole number from 1 to 999999999, got 0",
                refusal(arguments("images", "model.safetensors", WEIGHTS, "--workers", "0")));
        assertEquals("--epochs: expected a whole number from 1 to 999999999, got two",
                refusal(arguments("images", "model.safetensors", WEIGHTS, "--epochs", "two")));
        for (List<String> unusable : List.of(List.of("--seed", "2"), List.of("--size", "32"), List.of("--epochs"), List.of("more"))) {
            String usage = refusal(arguments("images", "model.safetensors", WEIGHTS, unusable.toArray(String[]::new)));
            assertTrue(usage.startsWith("expected DATA --model OUT --weights FILE [--size N] "), usage);
        }
        assertTrue(refusal("images", "--model", "model.safetensors").endsWith(", got images --model model.safetensors"));
    }

    @Test
    void aFaultIsOneLine() throws Exception {
        String printed = Submission.of(folder, Train.class, 2, arguments("nowhere", "model.safetensors", WEIGHTS));
        assertTrue(Submission.line(printed).startsWith("train: " + folder.resolve("nowhere") + ": "), printed);
    }
}
