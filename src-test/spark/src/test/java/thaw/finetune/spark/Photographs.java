package thaw.finetune.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import thaw.engine.Device;
import thaw.engine.io.Weights;
import thaw.finetune.images.Transforms;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.ClassifierOptions;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.predict.WarmUp;
import thaw.resnet.Network;
import thaw.resnet.NetworkWeights;
import thaw.resnet.ResNet;

/** Photographs of dogs and cats, and a ResNet-20 trained on CIFAR-10. */
final class Photographs {
    static final Path DATA = Path.of(System.getProperty("shared.dir"), "data").toAbsolutePath().normalize();

    /** Options of a classifier for few images: Java compiles no vector loops first, and the bits are the same. */
    static final ClassifierOptions OPTIONS = Classifier.options().warmUp(WarmUp.NONE);

    private Photographs() {
    }

    /** The rows of {@code binaryFile} for some photographs. */
    static Dataset<Row> rows(String pattern) {
        return Cluster.session().read().format("binaryFile").load(DATA.resolve("dogscats/" + pattern).toString());
    }

    /** The files of the same pattern, such as {@code valid/cats/*0.jpg}. */
    static List<Path> files(String pattern) throws IOException {
        Path root = DATA.resolve("dogscats");
        PathMatcher matcher = root.getFileSystem().getPathMatcher("glob:" + root.resolve(pattern));
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(matcher::matches).sorted().toList();
        }
    }

    /** Writes the model, for images of 48 pixels, and returns its path. */
    static Path model(Path folder) throws IOException {
        Path file = folder.resolve("resnet20.safetensors");
        try (Device device = Device.cpu()) {
            Network net = ResNet.fromWeights(NetworkWeights.in(Weights.read(DATA.resolve("weights/resnet20-12fca82f.th"))), device);
            List<String> classes = IntStream.range(0, net.classes()).mapToObj(i -> "class" + i).toList();
            ModelFile.of(net, classes, Transforms.of(48)).write(file);
        }
        return file;
    }
}
