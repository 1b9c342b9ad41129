package thaw.finetune.spark;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.apache.spark.SparkException;
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
    private static final String USAGE = "expected IN OUT --model FILE";

    private Score() {
    }

    /** Runs the application. */
    public static void main(String[] args) {
        try {
            run(args);
        } catch (Exception failed) {
            System.err.println("score: " + message(failed));
            System.exit(2);
        }
    }

    private static void run(String[] args) throws IOException {
        List<String> given = List.of(args);
        int option = given.indexOf("--model");
        if (given.size() != 4 || option < 0 || option == 3) {
            throw new IllegalArgumentException(USAGE + ", got " + (given.isEmpty() ? "nothing" : String.join(" ", given)));
        }
        List<String> folders = IntStream.range(0, 4).filter(i -> i != option && i != option + 1).mapToObj(given::get).toList();
        try (SparkSession session = SparkSession.builder().appName("thaw score").getOrCreate()) {
            Dataset<Row> images = session.read().format("binaryFile").option("recursiveFileLookup", true).load(folders.get(0));
            Dataset<Row> scored = new ThawTransformer().setModel(given.get(option + 1)).transform(images)
                    .select("path", "label", "probability", "probabilities", "error");
            String format = folders.get(1).toLowerCase(Locale.ROOT).endsWith(".json") ? "json" : "parquet";
            scored.write().format(format).save(folders.get(1));
        }
    }

    /** The first line of a message; a failed job's cause has it, Spark's own messages repeat the executors' stack traces. */
    private static String message(Throwable failed) {
        Throwable cause = failed;
        while (cause instanceof SparkException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage()).lines().findFirst().orElse(cause.toString());
    }
}
