package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.Extent;
import thaw.engine.CountingBackend;
import thaw.engine.Device;
import thaw.faults.ObservedFileSystem;
import thaw.faults.RecordedDisk;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.run.RunFolder;
import thaw.finetune.run.RunSettings;
import thaw.finetune.run.TrainingRun;
import thaw.finetune.train.FitState;
import thaw.finetune.train.Learner;
import thaw.kernels.DeviceException;
import thaw.resnet.ResNet;

/**
 * A run that ends at any operation on the disk, by a kill or a power failure, leaves files that can be read, and ends with the same
 * model when it is resumed.
 */
class CrashedRunTest {

    private static final ObservedFileSystem DISK = new ObservedFileSystem(FileSystems.getDefault().provider());

    @TempDir
    private static Path folder;
    private static RunSettings settings;
    private static byte[] expected;
    private static List<RecordedDisk.State> crashes;

    @BeforeAll
    static void recordARun() throws IOException {
        Path data = ColourImages.blueAndRed(folder.resolve("data"));
        Path whole = folder.resolve("whole");
        Run run = Run.of("train", data, "--arch", "resnet20", "--size", ColourImages.SIDE, "--batch", 10, "--freeze-epochs", 1, "--epochs",
                1, "--keep", "best", "--checkpoint-every", 0, "-o", whole);
        assertEquals(0, run.code(), run::toString);
        settings = new RunFolder(whole).settings();
        expected = Files.readAllBytes(whole.resolve("model.safetensors"));

        Path observed = folder.resolve("observed");
        RecordedDisk record = new RecordedDisk();
        DISK.observer(record);
        train(new RunFolder(DISK.path(observed)), Device.cpu(1));
        DISK.observer(operation -> {});
        assertArrayEquals(expected, Files.readAllBytes(observed.resolve("model.safetensors")), "a run of the same settings");
        crashes = record.crashes();
        System.out.println("a run: " + record.size() + " operations, " + crashes.size() + " states of the disk after a crash");
    }

    /** Trains to the end, as {@code thaw train --resume} does. */
    private static void train(RunFolder run, Device device) throws IOException {
        if (run.hasRun() && run.isFinished()) {
            run.removeCheckpoint();
            return;
        }
        try (device) {
            device.generator().seed(settings.variation().seed());
            ImageFolder images = settings.data().images(settings.variation(), 1);
            ResNet net = settings.network(null, device, 2);
            try {
                try (Learner learn = settings.training().learner(net, images)) {
                    new TrainingRun(run, settings, learn, 0).run();
                }
            } finally {
                net.release();
            }
        }
    }

    @Test
    void whatACrashLeavesCanBeReadAndResumed() throws IOException {
        int step = Extent.times(4, 1);
        for (int i = 0; i < crashes.size(); i += step) {
            RecordedDisk.State crash = crashes.get(i);
            RunFolder run = new RunFolder(folder.resolve("crash " + i));
            crash.writeTo(folder.resolve("observed"), run.path());
            requireReadable(run, crash.when());
            train(run, Device.cpu(1));
            assertArrayEquals(expected, Files.readAllBytes(run.model()), crash.when());
            assertTrue(run.isFinished(), crash.when());
            try (Stream<Path> left = Files.list(run.path())) {
                assertTrue(left.noneMatch(file -> file.toString().endsWith(".tmp")), crash.when());
            }
        }
    }

    /** A device that is lost in any operator ends the run with its message; another device of the same kind resumes it. */
    @Test
    void aDeviceThatIsLost() throws IOException {
        CountingBackend counting = CountingBackend.over(Device.cpu(1).backend());
        train(new RunFolder(folder.resolve("counted")), Device.of(counting.backend()));
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < Extent.times(5, 25); i++) {
            int after = random.nextInt(counting.operatorCalls());
            RunFolder run = new RunFolder(folder.resolve("lost " + i));
            CountingBackend lost = CountingBackend.over(Device.cpu(1).backend());
            lost.loseAfter(after);
            DeviceException failed = assertThrows(DeviceException.class, () -> train(run, Device.of(lost.backend())), "after " + after);
            assertEquals("the device is lost", failed.getMessage());
            assertEquals(0, lost.backend().memory().inUse(), () -> "bytes left on the device: " + trace(failed));
            requireReadable(run, "after " + after);
            train(run, Device.cpu(1));
            assertArrayEquals(expected, Files.readAllBytes(run.model()), "after " + after);
        }
    }

    private static String trace(Exception failed) {
        StringWriter trace = new StringWriter();
        failed.printStackTrace(new PrintWriter(trace, true));
        return trace.toString();
    }

    private static void requireReadable(RunFolder run, String when) throws IOException {
        try {
            if (run.hasRun()) {
                run.settings();
            }
            if (Files.isDirectory(run.checkpoint())) {
                try (Stream<Path> files = Files.list(run.checkpoint())) {
                    for (Path file : files.filter(path -> path.toString().endsWith(".safetensors")).toList()) {
                        if (file.endsWith("state.safetensors")) {
                            FitState.read(file);
                        } else {
                            ModelFile.read(file);
                        }
                    }
                }
            }
            if (Files.exists(run.model())) {
                ModelFile.read(run.model());
            }
        } catch (IOException | RuntimeException unreadable) {
            throw new AssertionError(when, unreadable);
        }
    }
}
