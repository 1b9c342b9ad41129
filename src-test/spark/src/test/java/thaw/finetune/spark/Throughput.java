package thaw.finetune.spark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.finetune.images.ImageSource;
import thaw.finetune.images.Transforms;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.predict.WarmUp;
import thaw.resnet.ResNet;

/**
 * Prints images per second, in turns: ResNet-18 at 224 pixels on photographs, by executors with one core each, and by one classifier here
 * that as many threads call. The first turn has the loading of the model and the compilation by Java. Runs when it is named: {@code src-test/spark/run -Dtest=Throughput -Dexecutors=2}.
 */
class Throughput {
    private static final int IMAGES = 240;
    private static final int TURNS = 8;

    @Test
    void print() throws Exception {
        int executors = Integer.getInteger("executors", 2);
        Path folder = Files.createTempDirectory("throughput");
        Path model = folder.resolve("resnet18.safetensors");
        try (Device device = Device.cpu()) {
            ModelFile.of(ResNet.resnet18(device, 10), IntStream.range(0, 10).mapToObj(Integer::toString).toList(), Transforms.of(224))
                    .write(model);
        }
        List<Path> files;
        try (Stream<Path> all = Files.walk(Photographs.DATA.resolve("dogscats/valid"))) {
            files = all.filter(Files::isRegularFile).sorted().limit(IMAGES).toList();
        }
        for (Path file : files) {
            Files.copy(file, Files.createDirectories(folder.resolve("in")).resolve(file.getFileName()));
        }
        SparkSession session = SparkSession.builder().master("local-cluster[" + executors + ",1,2048]")
                .config("spark.executor.memory", "2048m")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.ui.enabled", false)
                // Partitions of 16 images: a small file counts as 4 MiB.
                .config("spark.sql.files.maxPartitionBytes", "66m").getOrCreate();
        Dataset<Row> rows = session.read().format("binaryFile").load(folder.resolve("in").toString());
        Dataset<Row> scored = new ThawTransformer().setModel(model.toString()).transform(rows);
        try (Classifier classifier = Classifier.load(model,
                Classifier.options().threads(1).concurrency(executors).warmUp(WarmUp.WAIT))) {
            for (int turn = 0; turn <= TURNS; turn++) {
                long start = System.nanoTime();
                long sound = scored.where("error is null").count();
                double spark = sound / ((System.nanoTime() - start) / 1e9);
                start = System.nanoTime();
                List<Thread> callers = IntStream.range(0, executors).mapToObj(t -> new Thread(() -> classifier.predictAll(
                        files.subList(t * IMAGES / executors, (t + 1) * IMAGES / executors).stream().map(ImageSource::of).toList())))
                        .toList();
                callers.forEach(Thread::start);
                for (Thread caller : callers) {
                    caller.join();
                }
                double alone = IMAGES / ((System.nanoTime() - start) / 1e9);
                System.out.printf("%d cores, turn %d%s: Spark %.1f, alone %.1f images/s, %.3f%n", executors, turn,
                        turn == 0 ? " (warming up)" : "", spark, alone, spark / alone);
            }
        }
        session.stop();
    }
}
