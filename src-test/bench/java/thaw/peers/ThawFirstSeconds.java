package thaw.peers;

import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import thaw.engine.Device;
import thaw.finetune.images.Transforms;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.ModelFile;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

/** A service that predicts by a {@link Classifier}. */
final class ThawFirstSeconds {

    private static final int CLASSES = 1000;
    private static final int SIZE = 224;

    private ThawFirstSeconds() {
    }

    /**
     * @param args callers and seconds, a model file, and its architecture: the file is made if it is missing, with random
     *             weights, and then nothing is measured
     */
    public static void main(String[] args) throws Exception {
        Path file = Path.of(args[2]);
        if (!Files.exists(file)) {
            make(Architecture.byName(args[3]), file);
            return;
        }
        BufferedImage image = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
        Random random = new Random(0);
        image.setRGB(0, 0, SIZE, SIZE, random.ints((long) SIZE * SIZE).toArray(), 0, SIZE);
        try (Classifier classifier = Classifier.load(file)) {
            FirstSeconds.of(args).run(() -> classifier.predict(image));
        }
    }

    private static void make(Architecture architecture, Path file) throws Exception {
        List<String> names = IntStream.range(0, CLASSES).mapToObj(i -> "class " + i).toList();
        try (Device device = Device.cpu(1)) {
            ModelFile.of(ResNet.of(architecture, device, CLASSES), names, Transforms.of(SIZE)).write(file);
        }
    }
}
