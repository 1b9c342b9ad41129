package thaw.finetune.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import py4j.reflection.ReflectionEngine;
import thaw.finetune.images.ImageSource;
import thaw.finetune.predict.ClassProbability;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.Outcome;
import thaw.finetune.predict.Prediction;

/** Columns of predictions equal those of a classifier; faults of images stay in their rows, and faults of models come at once. */
class ThawTransformerTest {
    @TempDir
    private static Path folder;
    private static Path model;
    /** 120 photographs. */
    private static final String SOME = "valid/*/*[05].jpg";
    /** Their predictions by a classifier in this JVM. */
    private static final Map<Path, Prediction> EXPECTED = new HashMap<>();

    @BeforeAll
    static void predict() throws IOException {
        model = Photographs.model(folder);
        try (Classifier classifier = Classifier.load(model, Photographs.OPTIONS)) {
            for (Outcome outcome : classifier.tryPredictAll(Photographs.files(SOME).stream().map(ImageSource::of).toList())) {
                EXPECTED.put(Path.of(outcome.image().name()), ((Outcome.Predicted) outcome).prediction());
            }
        }
    }

    private static ThawTransformer transformer() {
        return new ThawTransformer().setModel(model.toString());
    }

    private static void assertExpected(int count, Dataset<Row> scored) {
        List<Row> rows = scored.select("path", "label", "probability", "probabilities", "error").collectAsList();
        assertEquals(count, rows.size());
        for (Row row : rows) {
            Prediction expected = EXPECTED.get(Path.of(row.getString(0).replaceFirst("^file:/+", "/")));
            assertNull(row.get(4), row::toString);
            assertEquals(expected.label(), row.getString(1));
            assertEquals(expected.probability(), row.getDouble(2));
            assertArrayEquals(expected.probabilities().stream().mapToDouble(ClassProbability::probability).toArray(),
                    row.<Double>getList(3).stream().mapToDouble(Double::doubleValue).toArray());
        }
    }

    @Test
    void predictionsAreAClassifiersAndAKilledExecutorsAreComputedAgain() {
        SparkSession session = Cluster.session();
        List<ProcessHandle> executors = ProcessHandle.current().descendants()
                .filter(process -> process.info().command().orElse("").endsWith("java")).toList();
        assertEquals(2, executors.size());
        AtomicInteger ended = new AtomicInteger();
        SparkListener killer = new SparkListener() {
            @Override
            public void onTaskEnd(SparkListenerTaskEnd task) {
                if (ended.getAndIncrement() == 0) {
                    executors.get(0).destroyForcibly();
                }
            }
        };
        session.sparkContext().addSparkListener(killer);
        try {
            assertExpected(120, transformer().transform(Photographs.rows(SOME).repartition(12)));
        } finally {
            session.sparkContext().removeSparkListener(killer);
        }
        assertTrue(ended.get() > 2, "one task ended before the kill, at least one was computed again");
        assertFalse(executors.get(0).isAlive());
    }

    /** README's example. */
    @Test
    void aFolderIsScored() throws IOException {
        SparkSession spark = Cluster.session();
        String photos = Files.createDirectories(folder.resolve("photos")).toString();
        Files.copy(Photographs.files("valid/cats/*0.jpg").get(0), folder.resolve("photos/cat.jpg"));
        String model = ThawTransformerTest.model.toString();
        String out = folder.resolve("out").toString();

        Dataset<Row> images = spark.read().format("binaryFile").option("recursiveFileLookup", true).load(photos);
        Dataset<Row> scored = new ThawTransformer().setModel(model).transform(images);
        scored.select("path", "label", "probability", "error").write().parquet(out);

        assertEquals(1, spark.read().parquet(out).where("error is null and probability > 0.1").count());
    }

    @Test
    void pathsAreReadAndABrokenImageIsARow() throws IOException {
        Path broken = Files.writeString(folder.resolve("broken.jpg"), "no image");
        List<String> paths = new ArrayList<>(Photographs.files("valid/cats/*0.jpg").stream().map(Path::toString).toList());
        paths.add(3, broken.toString());
        paths.add(folder.resolve("missing.jpg").toString());
        Dataset<Row> scored = transformer().setInputCol("path")
                .transform(Cluster.session().createDataset(paths, Encoders.STRING()).toDF("path").coalesce(1));
        assertExpected(30, scored.where("error is null"));
        List<Row> errors = scored.where("error is not null").select("path", "error", "label", "probability", "probabilities")
                .collectAsList();
        assertEquals(List.of(broken.toString(), folder.resolve("missing.jpg").toString()),
                errors.stream().map(row -> row.getString(0)).toList());
        for (Row row : errors) {
            assertTrue(row.getString(1).contains(row.getString(0)), row.getString(1));
            assertTrue(row.isNullAt(2) && row.isNullAt(3) && row.isNullAt(4), row::toString);
        }
        Dataset<Row> bytes = Cluster.session().read().format("binaryFile").load(broken.toString());
        String error = transformer().transform(bytes).select("error").first().getString(0);
        assertTrue(error.contains("broken.jpg"), error);
        assertTrue(transformer().transform(bytes.selectExpr("cast(null as binary) as content")).select("error").first().getString(0)
                .contains("null"));
    }

    @Test
    void aSavedPipelineHasItsModel() throws IOException {
        Path moved = Files.copy(model, folder.resolve("moved.safetensors"));
        String saved = folder.resolve("pipeline").toString();
        ThawTransformer stage = transformer().setModel(moved.toString()).setErrorCol("fault");
        new Pipeline().setStages(new PipelineStage[] {stage}).fit(Photographs.rows(SOME)).save(saved);
        Files.delete(moved);
        PipelineModel loaded = PipelineModel.load(saved);
        assertEquals(stage.uid(), loaded.stages()[0].uid());
        assertExpected(120, loaded.transform(Photographs.rows(SOME)).withColumnRenamed("fault", "error"));
        loaded.copy(new ParamMap()).write().overwrite().save(saved);
        assertExpected(120, PipelineModel.load(saved).transform(Photographs.rows(SOME)).withColumnRenamed("fault", "error"));
        ThawTransformer copy = stage.copy(stage.extractParamMap().put(stage.errorCol(), "other"));
        assertEquals("other", copy.getOrDefault(copy.errorCol()));
        assertEquals("fault", stage.getOrDefault(stage.errorCol()));
    }

    @Test
    void anUnreadableModelFailsOnTheDriver() throws IOException {
        Dataset<Row> images = Photographs.rows("train/cats");
        Path text = Files.writeString(folder.resolve("text.safetensors"), "no model at all");
        String message = assertThrows(RuntimeException.class, () -> transformer().setModel(text.toString()).transform(images))
                .getMessage();
        assertTrue(message.startsWith("model: " + text), message);
        Path weights = Photographs.DATA.resolve("weights/resnet20-12fca82f.th");
        message = assertThrows(IllegalArgumentException.class, () -> transformer().setModel(weights.toString()).transform(images))
                .getMessage();
        assertTrue(message.contains("class_names"), message);
        message = assertThrows(RuntimeException.class, () -> transformer().setModel("/nowhere").transform(images)).getMessage();
        assertTrue(message.contains("/nowhere"), message);
        message = assertThrows(IllegalArgumentException.class, () -> new ThawTransformer().transform(images)).getMessage();
        assertTrue(message.contains("setModel"), message);
    }

    @Test
    void columnsThatDoNotFitAreNamed() {
        Dataset<Row> images = Photographs.rows("train/cats");
        assertRefused("there is no column 'photo'", transformer().setInputCol("photo"), images);
        assertRefused("'length' is of type bigint", transformer().setInputCol("length"), images);
        assertRefused("'path' is there already", transformer().setLabelCol("path"), images);
        assertRefused("'error' is there already", transformer().setLabelCol("error"), images);
    }

    private static void assertRefused(String expected, ThawTransformer transformer, Dataset<Row> images) {
        String message = assertThrows(IllegalArgumentException.class, () -> transformer.transformSchema(images.schema())).getMessage();
        assertTrue(message.contains(expected), message);
    }

    @Test
    void pySparksGatewayCallsIt() {
        ReflectionEngine gateway = new ReflectionEngine();
        Object[] uid = {"thaw_1"};
        ThawTransformer named = (ThawTransformer) gateway.invoke(null, gateway.getConstructor(ThawTransformer.class.getName(), uid), uid);
        assertEquals("thaw_1", named.uid());
        Object[] none = {};
        Object made = gateway.invoke(null, gateway.getConstructor(ThawTransformer.class.getName(), none), none);
        assertSame(made, call(gateway, made, "setModel", model.toString()));
        Object scored = call(gateway, made, "transform", Photographs.rows("train/cats"));
        assertTrue(List.of(((Dataset<?>) scored).columns()).contains("label"));
    }

    private static Object call(ReflectionEngine gateway, Object on, String method, Object argument) {
        Object[] arguments = {argument};
        return gateway.invoke(on, gateway.getMethod(on, method, arguments), arguments);
    }

    @Test
    void executorsOfAnotherJavaAreRefused() {
        SameJava.require(17, 17, "worker1");
        String message = assertThrows(IllegalStateException.class, () -> SameJava.require(17, 25, "worker1")).getMessage();
        assertTrue(message.contains("worker1 runs Java 25, the driver Java 17"), message);
    }
}
