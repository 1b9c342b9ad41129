package thaw.finetune.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.train.ColourFolder;
import thaw.resnet.ResNet;

class EvaluationTest {
    @TempDir
    private Path folder;

    /** With a head of zero weights, every image's scores are the head's bias. */
    @Test
    void countsAndAveragesOverAllImages() throws IOException {
        ImageFolder data = ColourFolder.in(folder).batch(3);
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.resnet20(device, 2);
            net.namedParameters().get("fc.weight").set(new float[2 * 64]);
            net.namedParameters().get("fc.bias").set(0, 1);

            Evaluation found = Evaluation.of(net, data);

            assertEquals(List.of(new ClassCount("blue", 0, 4), new ClassCount("red", 4, 4)), found.classes());
            assertEquals(4, found.correct());
            assertEquals(8, found.total());
            assertEquals(0.5, found.accuracy());
            double lossOfBlue = Math.log(1 + Math.E);
            double lossOfRed = Math.log(1 + Math.exp(-1));
            assertEquals((lossOfBlue + lossOfRed) / 2, found.loss(), 1e-6);
            Evaluation again = Evaluation.of(found.predictions(), 0.5);
            assertEquals(found.classes(), again.classes());
            assertEquals(found.loss(), again.loss(), 1e-6);
            assertEquals(0.0, found.classes().get(0).accuracy());
            assertEquals(1.0, found.classes().get(1).accuracy());
        }
    }

    @Test
    void leavesTheNetworkAsItWas() throws IOException {
        ImageFolder data = ColourFolder.in(folder);
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.resnet20(device, 2);
            var before = net.stateDict();
            net.train();
            net.groups().get(0).train(false);
            Evaluation.of(net, data);
            assertTrue(net.isTraining() && net.children().get("layer2").isTraining());
            assertFalse(net.children().get("layer1").children().get("0").isTraining());
            long memory = device.backend().memory().inUse();
            net.eval();
            Evaluation.of(net, data);
            assertFalse(net.isTraining());
            net.stateDict().forEach((name, value) -> assertEquals(before.get(name).bytes(), value.bytes(), name));
            assertEquals(memory, device.backend().memory().inUse());
            assertTrue(device.gradEnabled());
        }
    }

    @Test
    void classesWithoutImagesAreCountedAsSuch() throws IOException {
        ImageFolder data = ColourFolder.in(folder).classes(List.of("blue", "green", "red"));
        try (Device device = Device.cpu(1)) {
            Evaluation found = Evaluation.of(ResNet.resnet20(device, 3), data);
            assertEquals(List.of(4, 0, 4), found.classes().stream().map(ClassCount::total).toList());
            assertTrue(Double.isNaN(found.classes().get(1).accuracy()));
            assertEquals(8, found.total());
        }
    }

    @Test
    void refusesAnotherNumberOfClasses() throws IOException {
        ImageFolder data = ColourFolder.in(folder);
        try (Device device = Device.cpu(1)) {
            ResNet net = ResNet.resnet20(device, 10);
            String message = assertThrows(IllegalArgumentException.class, () -> Evaluation.of(net, data)).getMessage();
            assertTrue(message.contains("has 10 classes, the data 2 [blue, red]"), message);
        }
    }
}
