package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static thaw.finetune.train.Learner.rates;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.finetune.data.ImageFolder;
import thaw.resnet.Head;
import thaw.resnet.ResNet;

class LearnerDeterminismTest {
    @TempDir
    private Path folder;

    @Test
    void theSameSeedWritesTheSameBytesWhateverTheNumberOfThreads() throws IOException {
        ImageFolder data = ColourFolder.in(folder);
        byte[] once = train(data.threads(1), 1, 7);
        assertArrayEquals(once, train(data.threads(1), 1, 7), "the same again");
        assertArrayEquals(once, train(data.threads(3), 3, 7), "3 threads");
        assertFalse(Arrays.equals(once, train(data.threads(1), 1, 8)), "another seed of the network");
        assertFalse(Arrays.equals(once, train(data.seed(8).threads(1), 1, 7)), "another seed of the data");
    }

    /** The bytes of a trained model; its head has dropout, so that every source of randomness is covered. */
    private byte[] train(ImageFolder data, int threads, long seed) throws IOException {
        try (Device device = Device.cpu(threads)) {
            device.generator().seed(seed);
            ResNet net = ResNet.resnet20(device, 2).replaceHead(Head.CONCAT_POOL, 2);
            Learner learn = new Learner(net, data);
            learn.freeze().fitOneCycle(1, 0.05);
            learn.unfreeze().fitOneCycle(1, rates(0.001, 0.01, 0.1));
            Path file = folder.resolve("model.safetensors");
            learn.save(file);
            return Files.readAllBytes(file);
        }
    }
}
