package thaw.finetune.spark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import org.apache.spark.sql.SparkSession;
import thaw.engine.Device;
import thaw.engine.io.AtomicFile;
import thaw.engine.io.Weights;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.train.EpochResult;
import thaw.finetune.train.Learner;

/**
 * The application that fine-tunes a network on a folder of images by {@link DistributedTraining}, for {@code spark-submit}:
 *
 * <pre>
 * spark-submit --packages dev.thaw:thaw-spark:VERSION --class thaw.finetune.spark.Train thaw-spark-VERSION.jar DATA --model OUT \
 *     --weights FILE [--size 224] [--batch 32] [--epochs 5] [--workers N]
 * </pre>
 *
 * <p>DATA, a folder of class folders, or of train/ and valid/, and the weights are read by the driver and all executors, by the same
 * path; OUT is the driver's file. The batch is that of each executor; the number of executors is that of
 * {@code spark.executor.instances} unless it is given. The plan is {@link TrainingPhase#fineTune(int)}. Training that was stopped resumes
 * when the same command is given again. A failure is one line on standard error, and exit code 2.
 */
public final class Train {
    private static final String USAGE = "DATA --model OUT --weights FILE [--size N] [--batch N] [--epochs N] [--workers N]";

    private final LearnerOf factory;
    private final List<TrainingPhase> plan;
    private final Path model;
    private final OptionalInt workers;

    /** Makes the learner of an executor. */
    private record LearnerOf(String data, String weights, int size, int batch) implements DistributedTraining.LearnerFactory {
        @Override
        public Learner on(Device device) throws IOException {
            ImageFolder images = ImageFolder.of(Path.of(data)).size(size).batch(batch);
            Weights read = Weights.read(Path.of(weights));
            try {
                return Learner.of(images, read, device);
            } catch (IllegalArgumentException misfit) {
                throw new IllegalArgumentException(weights + ": " + misfit.getMessage(), misfit);
            }
        }
    }

    /** Checks the arguments on the driver, before the cluster is asked for anything. */
    Train(String... args) throws IOException {
        Arguments given = Arguments.parse(USAGE, args);
        factory = new LearnerOf(given.operands().get(0), given.options().get("--weights"), given.number("--size", 224),
                given.number("--batch", 32));
        plan = TrainingPhase.fineTune(given.number("--epochs", 5));
        model = Path.of(given.options().get("--model"));
        workers = given.options().containsKey("--workers") ? OptionalInt.of(given.number("--workers", 1)) : OptionalInt.empty();
        AtomicFile.requireWritable(model);
        try (Device device = Device.cpu(1); Learner learn = factory.on(device)) {
            learn.check(plan);
        }
    }

    /** Runs the application. */
    public static void main(String[] args) {
        Arguments.run("train", () -> {
            Train train = new Train(args);
            try (SparkSession session = SparkSession.builder().appName("thaw train").getOrCreate()) {
                train.run(session);
            }
        });
    }

    List<EpochResult> run(SparkSession session) throws IOException {
        int executors = workers.orElseGet(() -> session.sparkContext().conf().getInt("spark.executor.instances", 1));
        List<EpochResult> epochs = new DistributedTraining(session, executors, factory).run(plan, model);
        EpochResult last = epochs.get(epochs.size() - 1);
        System.out.printf(Locale.ROOT, "accuracy %.1f %%; model saved as %s%n", 100 * last.valid().accuracy(), model);
        return epochs;
    }
}
