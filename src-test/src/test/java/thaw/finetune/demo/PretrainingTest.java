package thaw.finetune.demo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.finetune.data.RawBatch;
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
            new Pretraining(1, 1, 10, 0.05, 5e-4, 1, seed).run(device, threads, new TrainingListener() { }).write(file);
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
    void batchesHoldEachClassInTurnAndNoImageTwice() {
        int classes = SyntheticImages.pretraining().classes().size();
        try (DrawnBatches batches = new DrawnBatches(SyntheticImages.pretraining(), Pretraining.transforms(), classes, 5, 2)) {
            RawBatch first = batches.next();
            RawBatch second = batches.next();
            for (RawBatch batch : List.of(first, second)) {
                assertEquals(classes, Arrays.stream(batch.labels()).distinct().count());
            }
            assertFalse(Arrays.equals(first.labels(), second.labels()), "each round has an order of its own");
            assertEquals(2 * classes, Stream.of(first, second).flatMap(batch -> rows(batch).stream()).distinct().count());
        }
    }

    private static List<List<Float>> rows(RawBatch batch) {
        int length = batch.images().length / batch.size();
        List<List<Float>> rows = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
            List<Float> image = new ArrayList<>();
            for (int k = 0; k < length; k++) {
                image.add(batch.images()[i * length + k]);
            }
            rows.add(image);
        }
        return rows;
    }

    @Test
    void refusesSettingsThatMakeNoSense() {
        String message = assertThrows(IllegalArgumentException.class, () -> new Pretraining(0, 1, 1, 0.1, 0, 1, 1)).getMessage();
        assertTrue(message.contains("at least 1 image per class"), message);
    }
}
