package thaw.finetune.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import thaw.engine.Device;
import thaw.engine.io.Weights;
import thaw.finetune.images.Transforms;
import thaw.finetune.predict.ModelFile;
import thaw.resnet.Network;
import thaw.resnet.NetworkWeights;
import thaw.resnet.ResNet;

/** Photographs of dogs and cats, and a ResNet-20 trained on CIFAR-10. */
final class Photographs {
    static final Path DATA = Path.of(System.getProperty("shared.dir"), "data").toAbsolutePath().normalize();

    private Photographs() {}

    /** The rows of {@code binaryFile} for a part of the data: {@code train}, 400 photographs, or {@code valid}, 600. */
    static Dataset<Row> of(String part) {
        return Cluster.session().read().format("binaryFile").option("recursiveFileLookup", true)
                .load(DATA.resolve("dogscats").resolve(part).toString());
    }

    /** Some of the 600 files of {@code valid}. */
    static List<Path> files(int count) {
        try (Stream<Path> files = Files.walk(DATA.resolve("dogscats/valid"))) {
            return files.filter(Files::isRegularFile).sorted().limit(count).toList();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
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
