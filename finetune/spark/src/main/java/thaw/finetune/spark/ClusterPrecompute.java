package thaw.finetune.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.sha2;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import thaw.finetune.train.FeatureCache;
import thaw.finetune.train.Learner;
import thaw.finetune.train.Precompute;

/** The features of a learner's frozen body, computed by a cluster, so that the learner trains a head on one machine. */
public final class ClusterPrecompute {
    private static final String CONTENT = "content";
    private static final int SHA_256 = 256;

    private ClusterPrecompute() {
    }

    /**
     * Computes the features of images by the learner's present body and caches them. The driver holds all of them, as the learner
     * does: four bytes times {@code net.features()} an image. A learner whose images are flipped computes the mirrored ones itself. An
     * image's features do not depend on its batch here, so that they may differ by rounding from those that the learner computes.
     *
     * @param images the learner's images, training and validation, with a column {@code content} of their files' bytes
     * @param folder of the driver, for the cache
     * @return the setting with which the learner trains from the cache
     * @throws IOException if the cache cannot be written
     */
    public static Precompute of(Dataset<Row> images, Learner learn, Path folder) throws IOException {
        FeatureCache cache = FeatureCache.open(folder, learn.net(), learn.data().transforms());
        Path model = Files.createTempFile("thaw-", ".safetensors");
        try {
            learn.save(model);
            Iterator<Row> rows = new ThawTransformer().setModel(model.toUri().toString()).setFeaturesCol("features")
                    .transform(images.select(CONTENT)).where("error is null")
                    .select(sha2(col(CONTENT), SHA_256), col("features")).toLocalIterator();
            while (rows.hasNext()) {
                Row row = rows.next();
                double[] wide = row.<Vector>getAs(1).toArray();
                float[] features = new float[wide.length];
                for (int i = 0; i < wide.length; i++) {
                    features[i] = (float) wide[i];
                }
                cache.put(row.getString(0), features);
            }
        } finally {
            Files.delete(model);
        }
        cache.write();
        return Precompute.of(Precompute.When.REQUIRED).in(folder);
    }
}
