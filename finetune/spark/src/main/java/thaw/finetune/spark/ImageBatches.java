package thaw.finetune.spark;

import java.io.IOException;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.jspecify.annotations.Nullable;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.ImageSource;
import thaw.finetune.predict.ClassProbability;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.Outcome;
import thaw.finetune.predict.Prediction;

/**
 * Adds a model's results to the rows of a partition, in batches.
 *
 * @param model    the model, by broadcast
 * @param image    the index of the column with the image
 * @param name     the index of the column with its name for messages, the path; −1 if there is none
 * @param features whether the results are features, in place of probabilities
 */
record ImageBatches(Broadcast<ModelBroadcast> model, int image, int name, boolean features)
        implements MapPartitionsFunction<Row, Row> {

    /** The images that a classifier computes together. */
    private static final int BATCH = Classifier.options().batch();

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        // Not its classifier alone, which is closed when the value can no longer be reached.
        ModelBroadcast held = model.value();
        return new Iterator<>() {
            private Iterator<Row> computed = List.<Row>of().iterator();

            @Override
            public boolean hasNext() {
                return computed.hasNext() || rows.hasNext();
            }

            @Override
            public Row next() {
                if (!computed.hasNext()) {
                    List<Row> batch = new ArrayList<>();
                    do {
                        batch.add(rows.next());
                    } while (batch.size() < BATCH && rows.hasNext());
                    try {
                        computed = results(held.classifier(), batch).iterator();
                    } finally {
                        Reference.reachabilityFence(held);
                    }
                }
                return computed.next();
            }
        };
    }

    /** Decodes a batch, and computes the images that can be read together. */
    private List<Row> results(Classifier classifier, List<Row> batch) {
        List<ImageSource> squares = new ArrayList<>();
        @Nullable
        String[] errors = new String[batch.size()];
        for (int i = 0; i < errors.length; i++) {
            try {
                ImageSource source = source(batch.get(i));
                squares.add(ImageSource.ofSquare(source.decode(Classifier.options().maxPixels(), classifier.transforms()::square),
                        source.name()));
            } catch (ImageReadException broken) {
                errors[i] = broken.getMessage();
            }
        }
        Iterator<Object[]> computed = (features ? features(classifier, squares) : probabilities(classifier, squares)).iterator();
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < errors.length; i++) {
            Row row = batch.get(i);
            Object[] added = errors[i] == null ? computed.next() : new Object[features ? 2 : 4];
            if (errors[i] != null) {
                added[added.length - 1] = errors[i];
            }
            Object[] values = new Object[row.size() + added.length];
            Arrays.setAll(values, c -> c < row.size() ? row.get(c) : added[c - row.size()]);
            rows.add(RowFactory.create(values));
        }
        return rows;
    }

    private ImageSource source(Row row) {
        String named = name < 0 || row.isNullAt(name) ? "the image" : row.getString(name);
        if (row.isNullAt(image)) {
            throw new ImageReadException(named + ": the column of images is null");
        }
        if (row.get(image) instanceof byte[] file) {
            return ImageSource.of(file, named);
        }
        String path = row.getString(image);
        try {
            Path file = new Path(path);
            try (FSDataInputStream in = file.getFileSystem(model.value().hadoop()).open(file)) {
                return ImageSource.of(in, path);
            }
        } catch (IOException | IllegalArgumentException missing) {
            throw new ImageReadException(path + ": cannot be read: " + missing.getMessage());
        }
    }

    /** The features, and no error. */
    private static List<Object[]> features(Classifier classifier, List<ImageSource> squares) {
        List<Object[]> rows = new ArrayList<>();
        for (float[] values : classifier.featuresAll(squares)) {
            double[] wide = new double[values.length];
            Arrays.setAll(wide, i -> values[i]);
            rows.add(new Object[] {Vectors.dense(wide), null});
        }
        return rows;
    }

    /** Label, probability, all probabilities, and no error; or, if the scores overflow, the error alone. */
    private static List<Object[]> probabilities(Classifier classifier, List<ImageSource> squares) {
        List<Object[]> rows = new ArrayList<>();
        for (Outcome outcome : classifier.tryPredictAll(squares)) {
            if (outcome instanceof Outcome.Predicted sound) {
                Prediction prediction = sound.prediction();
                double[] all = prediction.probabilities().stream().mapToDouble(ClassProbability::probability).toArray();
                rows.add(new Object[] {prediction.label(), prediction.probability(), all, null});
            } else if (outcome instanceof Outcome.Broken broken) {
                rows.add(new Object[] {null, null, null, broken.reason().getMessage()});
            }
        }
        return rows;
    }
}
