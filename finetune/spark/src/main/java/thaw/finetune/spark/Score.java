package thaw.finetune.spark;

import java.io.IOException;
import java.util.Locale;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The application that predicts all images of a folder, for {@code spark-submit}:
 *
 * <pre>
 * spark-submit --packages dev.thaw:thaw-spark:VERSION --class thaw.finetune.spark.Score thaw-spark-VERSION.jar IN OUT --model FILE
 * </pre>
 *
 * <p>IN is a folder, read with its subfolders, or a pattern; OUT the folder of Parquet files that is written, or, if its name ends with
 * {@code .json}, of JSON, with the columns path, label, probability, probabilities and error. A failure is one line on standard error,
 * and exit code 2.
 */
public final class Score {
    private Score() {
    }

    /** Runs the application. */
    public static void main(String[] args) {
        Arguments.run("score", () -> run(Arguments.parse("IN OUT --model FILE", args)));
    }

    private static void run(Arguments given) throws IOException {
        String out = given.operands().get(1);
        try (SparkSession session = SparkSession.builder().appName("thaw score").getOrCreate()) {
            Dataset<Row> images = session.read().format("binaryFile").option("recursiveFileLookup", true).load(given.operands().get(0));
            Dataset<Row> scored = new ThawTransformer().setModel(given.options().get("--model")).transform(images)
                    .select("path", "label", "probability", "probabilities", "error");
            scored.write().format(out.toLowerCase(Locale.ROOT).endsWith(".json") ? "json" : "parquet").save(out);
        }
    }
}
