package thaw.finetune.demo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.synthetic.SyntheticImages;
import thaw.finetune.train.EpochResult;
import thaw.finetune.train.TrainingListener;

class PretrainingTest {

    @TempDir
    private Path folder;

    @Test
    void sameSeedGivesTheSameBytesWithOneThreadAndWithTwo() throws IOException {
        byte[] one = bytesOf(1, 7);
        assertArrayEquals(one, bytesOf(2, 7));
        assertFalse(Arrays.equals(one, bytesOf(2, 8)));
    }

    private byte[] bytesOf(int threads, long seed) throws IOException {
        Path file = folder.resolve(threads + "-" + seed + ".safetensors");
        try (Device device = Device.cpu(threads)) {
            new Pretraining(1, 1, 10, 0.05, 5e-4, 1, seed).run(device, threads, new TrainingListener() {}).write(file);
        }
        return Files.readAllBytes(file);
    }

    @Test
    void saysWhatItDidAndHowGoodItIs() {
        List<EpochResult> epochs = new ArrayList<>();
        try (Device device = Device.cpu(2)) {
            ModelFile model = new Pretraining(1, 2, 20, 0.05, 5e-4, 2, 3).run(device, 2, new TrainingListener() {
                @Override
                public void onEpoch(EpochResult epoch) {
                    epochs.add(epoch);
                }
            });
            assertEquals(2, epochs.size());
            assertEquals("2", model.network().get(Pretraining.EPOCHS));
            assertEquals("3", model.network().get(Pretraining.SEED));
            double accuracy = Double.parseDouble(model.network().get(Pretraining.ACCURACY));
            assertEquals(Pretraining.accuracy(model.toNet(device), ~3, 2, 1), accuracy);
        }
    }

    @Test
    void samplesHaveEachClassInTurnAndNoImageTwice() {
        SyntheticImages set = SyntheticImages.pretraining();
        int classes = set.classes().size();
        DrawnImages images = DrawnImages.of(set, 5, 32, 2 * classes);
        List<Integer> labels = IntStream.range(0, 2 * classes).map(i -> images.sample(i).label()).boxed().toList();
        assertEquals(classes, labels.subList(0, classes).stream().distinct().count());
        assertEquals(classes, labels.subList(classes, 2 * classes).stream().distinct().count());
        assertNotEquals(labels.subList(0, classes), labels.subList(classes, 2 * classes), "each round has an order of its own");
        assertEquals(2 * classes, IntStream.range(0, 2 * classes).mapToObj(i -> ByteBuffer.wrap(images.image(i).rgb()))
                .distinct().count());
    }

    @Test
    void refusesSettingsThatMakeNoSense() {
        String message = assertThrows(IllegalArgumentException.class, () -> new Pretraining(0, 1, 1, 0.1, 0, 1, 1)).getMessage();
        assertTrue(message.contains("at least 1 image per class"), message);
    }
}
