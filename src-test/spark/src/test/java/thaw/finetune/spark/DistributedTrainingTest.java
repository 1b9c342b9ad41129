package thaw.finetune.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.io.Weights;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.train.BatchResult;
import thaw.finetune.train.EpochResult;
import thaw.finetune.train.Learner;
import thaw.finetune.train.NormStatistics;
import thaw.finetune.train.TrainingListener;

/** Training by two executors gives the same bits in every run, also when one of them is killed in the middle. */
@Timeout(400)
class DistributedTrainingTest {

    @TempDir
    private Path folder;

    /** Writes 30 noisy images of two colours, of which a fifth is for validation. */
    static void fill(Path folder) throws IOException {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 30; i++) {
            BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
            for (int at = 0; at < 16 * 16; at++) {
                image.setRGB(at % 16, at / 16, (i % 2 == 0 ? 0x2040c0 : 0xc04020) + random.nextInt(64));
            }
            Path file = folder.resolve(i % 2 == 0 ? "blue" : "red").resolve(i + ".png");
            Files.createDirectories(file.getParent());
            ImageIO.write(image, "png", file.toFile());
        }
    }

    /** Kills the executor in the third step, unless one was killed before. */
    private record Killer(String marker) implements TrainingListener {
        @Override
        public void onBatch(BatchResult step) {
            if (step.batch() != 6) {
                return;
            }
            try {
                Files.createFile(Path.of(marker));
                new ProcessBuilder("kill", "-KILL", Long.toString(ProcessHandle.current().pid())).start().waitFor();
            } catch (FileAlreadyExistsException killedBefore) {
                // this is the second try
            } catch (IOException | InterruptedException failed) {
                throw new IllegalStateException(failed);
            }
        }
    }

    @Test
    void theBitsAreTheSameAfterAnExecutorIsKilled() throws IOException {
        fill(folder.resolve("images"));
        String images = folder.resolve("images").toString();
        String weights = Photographs.DATA.resolve("weights/resnet20-12fca82f.th").toString();
        String model = folder.resolve("model.safetensors").toString();
        SparkSession spark = Cluster.session();
        int size = 16;
        int batch = 4;

        List<EpochResult> epochs = new DistributedTraining(spark, 2, device -> Learner.of(
                ImageFolder.of(Path.of(images)).size(size).batch(batch), Weights.read(Path.of(weights)), device))
                .run(TrainingPhase.fineTune(1), Path.of(model));

        assertEquals(2, epochs.size());
        String marker = folder.resolve("killed").toString();
        Path second = folder.resolve("second.safetensors");
        List<EpochResult> disturbed = new DistributedTraining(spark, 2, device -> Learner.of(
                ImageFolder.of(Path.of(images)).size(size).batch(batch), Weights.read(Path.of(weights)), device)
                .addListener(new Killer(marker))).checkpointEvery(2).run(TrainingPhase.fineTune(1), second);
        assertTrue(Files.exists(Path.of(marker)), "no executor was killed");
        assertArrayEquals(Files.readAllBytes(Path.of(model)), Files.readAllBytes(second));
        assertEquals(epochs.get(1).valid().loss(), disturbed.get(1).valid().loss());
        assertFalse(Files.exists(folder.resolve("second.safetensors.checkpoint")));

        Path third = folder.resolve("third.safetensors");
        List<EpochResult> synchronised = new DistributedTraining(spark, 2, device -> Learner.of(
                ImageFolder.of(Path.of(images)).size(size).batch(batch), Weights.read(Path.of(weights)), device))
                .normStatistics(NormStatistics.SYNCHRONISED).run(TrainingPhase.fineTune(1).subList(0, 1), third);
        assertNotEquals(epochs.get(0).trainLoss(), synchronised.get(0).trainLoss());
        assertEquals(epochs.get(0).trainLoss(), synchronised.get(0).trainLoss(), 0.5);
    }

    /** A stop after the first epoch by a listener is no checkpoint: the training ends there. */
    @Test
    void aListenerEndsTraining() throws IOException {
        fill(folder.resolve("images"));
        String images = folder.resolve("images").toString();
        String weights = Photographs.DATA.resolve("weights/resnet20-12fca82f.th").toString();
        Path model = folder.resolve("model.safetensors");
        List<EpochResult> epochs = new DistributedTraining(Cluster.session(), 2, device -> stopping(learner(images, weights, device))).run(
                TrainingPhase.fineTune(1), model);
        assertEquals(1, epochs.size());
        assertTrue(Files.exists(model));
        assertFalse(Files.exists(folder.resolve("model.safetensors.checkpoint")));
    }

    private static Learner stopping(Learner learn) {
        return learn.addListener(new TrainingListener() {
            @Override
            public void onEpoch(EpochResult epoch) {
                learn.stop();
            }
        });
    }

    /** A checkpoint after one epoch, whose training then fails, is not resumed with another batch. */
    @Test
    void aCheckpointOfAnotherTrainingIsRefused() throws IOException {
        fill(folder.resolve("images"));
        String images = folder.resolve("images").toString();
        String weights = Photographs.DATA.resolve("weights/resnet20-12fca82f.th").toString();
        Path model = folder.resolve("model.safetensors");
        String checkpoint = folder.resolve("model.safetensors.checkpoint").toString();
        String copy = folder.resolve("copy").toString();
        new DistributedTraining(Cluster.session(), 2, device -> copying(learner(images, weights, device), checkpoint, copy))
                .checkpointEvery(2).run(TrainingPhase.fineTune(1), model);
        Files.move(Path.of(copy), Path.of(checkpoint));
        String message = assertThrows(IllegalStateException.class, () -> new DistributedTraining(Cluster.session(), 1,
                device -> learner(images, weights, device)).run(TrainingPhase.fineTune(1), model)).getMessage();
        assertTrue(message.contains(checkpoint + " is of another training: workers was 2, is 1; delete it"), message);
    }

    private static Learner learner(String images, String weights, Device device) throws IOException {
        return Learner.of(ImageFolder.of(Path.of(images)).size(16).batch(4), Weights.read(Path.of(weights)), device);
    }

    /** Keeps a copy of the checkpoint, which is deleted at the end. */
    private static Learner copying(Learner learn, String checkpoint, String copy) {
        return learn.addListener(new TrainingListener() {
            @Override
            public void onEpoch(EpochResult epoch) {
                try {
                    Files.copy(Path.of(checkpoint), Path.of(copy), StandardCopyOption.REPLACE_EXISTING);
                } catch (IOException failed) {
                    throw new UncheckedIOException(failed);
                }
            }
        });
    }

    @Test
    void anExecutorIsNeededForEachWorker() {
        String message = assertThrows(IllegalStateException.class, () -> new DistributedTraining(Cluster.session(), 3, device -> {
            throw new IOException("not reached");
        }).run(TrainingPhase.fineTune(1), folder.resolve("model.safetensors"))).getMessage();
        assertTrue(message.startsWith("3 workers need an executor each, there are 2 after "), message);
    }

    /** A failure of Spark's is no lost executor, and is not tried again. */
    @Test
    void aFactoryThatCannotBeSentIsNamed() {
        Object unserializable = new Object();
        IllegalStateException failed = assertThrows(IllegalStateException.class, () -> new DistributedTraining(Cluster.session(), 2,
                device -> {
                    throw new IOException(unserializable.toString());
                }).run(TrainingPhase.fineTune(1), folder.resolve("model.safetensors")));
        assertEquals("Spark does not train: Task not serializable: java.io.NotSerializableException: java.lang.Object",
                failed.getMessage());
    }

    @Test
    void aFailureIsReportedOnceWithItsCause() {
        IllegalStateException failed = assertThrows(IllegalStateException.class,
                () -> new DistributedTraining(Cluster.session(), 2, device -> Learner.of(ImageFolder.of(Path.of("/nowhere")),
                        Weights.read(Path.of("/nowhere.pth")), device))
                        .run(TrainingPhase.fineTune(1), folder.resolve("model.safetensors")));
        assertTrue(failed.getMessage().matches("worker [01]: /nowhere: .*"), failed.getMessage());
        assertTrue(failed.getCause().getMessage().contains("at thaw.finetune.spark.BarrierWorker"), failed.getCause().getMessage());
    }

    @Test
    void workersNeedExecutorsOfTheirOwnWithTheDriversJava() {
        List<BarrierWorker.Place> apart = List.of(BarrierWorker.Place.parse("10.0.0.1 4000 false 0 17"),
                BarrierWorker.Place.parse("10.0.0.2 4000 false 1 17"));
        BarrierWorker.requireFit(apart, 17);
        assertThrows(IllegalStateException.class, () -> BarrierWorker.requireFit(apart, 21));
        IllegalArgumentException shared = assertThrows(IllegalArgumentException.class, () -> BarrierWorker.requireFit(
                List.of(apart.get(0), apart.get(0)), 17));
        assertTrue(shared.getMessage().contains("spark.task.cpus"), shared.getMessage());
        BarrierWorker.Place unreachable = BarrierWorker.Place.parse("worker2 4000 true 1 17");
        IllegalArgumentException loopback = assertThrows(IllegalArgumentException.class,
                () -> BarrierWorker.requireFit(List.of(apart.get(0), unreachable), 17));
        assertTrue(loopback.getMessage().contains("worker2 resolves"), loopback.getMessage());
        BarrierWorker.requireFit(List.of(unreachable, BarrierWorker.Place.parse("worker2 4001 true 0 17")), 17);
    }
}
