package thaw.finetune.spark;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.ExecutorLostFailure;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import scala.Tuple2;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;
import thaw.engine.Device;
import thaw.engine.io.AtomicFile;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.train.EpochResult;
import thaw.finetune.train.FiniteJson;
import thaw.finetune.train.Learner;
import thaw.finetune.train.NormStatistics;
import thaw.finetune.train.TrainingSettings;

/**
 * Trains one network on several executors, each on its share of every step's images, as {@link Learner#distributed} describes:
 *
 * <pre>{@code
 * List<EpochResult> epochs = new DistributedTraining(spark, 2, device -> Learner.of(
 *         ImageFolder.of(Path.of("/data/pets")).batch(16), Weights.read(Path.of("/data/resnet18.pth")), device))
 *         .run(TrainingPhase.fineTune(3), Path.of("pets.safetensors"));
 * }</pre>
 *
 * <p>The images are in a folder that every executor reaches by the same path. A barrier stage, with one task on each executor, trains
 * one epoch, or as many steps as {@link #checkpointEvery} says, and returns the state of training to the driver, which keeps it in a
 * file; the next stage resumes from it. When an executor is lost, the stage is started again, and training ends with the same bits as
 * without the loss. Training that the driver has not finished resumes from the file, which another training refuses.
 *
 * <p>Workers connect to each other at the addresses by which Spark knows their executors, and prove that they know a secret of this
 * training and, under {@code spark.authenticate}, Spark's. Under {@code spark.ssl.rpc.enabled} they use its key store and trust store for
 * TLS with certificates on both sides; training refuses a cluster that encrypts by {@code spark.network.crypto.enabled}.
 */
public final class DistributedTraining {

    /** The kinds of a task's results. */
    enum Result {
        /** The state after a checkpoint's steps. */
        STATE,
        /** The epochs of the complete plan, as JSON. */
        EPOCHS,
        /** The trained model's file. */
        MODEL,
        /** The message of a failure that another try would repeat. */
        FAILURE,
        /** The stack trace of the failure. */
        TRACE,
        /** The message of a worker that lost another one. */
        LOST
    }

    /** Makes a worker's learner, on an executor: the same on each of them. */
    @FunctionalInterface
    public interface LearnerFactory extends Serializable {
        /**
         * A new learner, which the worker closes.
         *
         * @param device of the executor, with as many threads as {@code spark.task.cpus}
         */
        Learner on(Device device) throws IOException;
    }

    static final ObjectMapper JSON = FiniteJson.builder().build();
    private static final int MOST_ATTEMPTS = 4;
    private static final String PATIENCE = "spark.scheduler.maxRegisteredResourcesWaitingTime";

    private final SparkSession spark;
    private final int workers;
    private final LearnerFactory factory;
    private NormStatistics statistics = NormStatistics.LOCAL;
    private int steps = Integer.MAX_VALUE;

    /** @param workers the number of executors to train on */
    public DistributedTraining(SparkSession spark, int workers, LearnerFactory factory) {
        if (workers < 1) {
            throw new IllegalArgumentException("workers: expected at least 1, got " + workers);
        }
        this.spark = spark;
        this.workers = workers;
        this.factory = factory;
    }

    /** Sets the statistics that batch norms normalise by, {@link NormStatistics#LOCAL} by default. */
    public DistributedTraining normStatistics(NormStatistics statistics) {
        this.statistics = Objects.requireNonNull(statistics, "statistics");
        return this;
    }

    /** Sets the number of steps after which the driver gets a checkpoint, besides that after each epoch. */
    public DistributedTraining checkpointEvery(int steps) {
        if (steps < 1) {
            throw new IllegalArgumentException("checkpointEvery: expected at least 1 step, got " + steps);
        }
        this.steps = steps;
        return this;
    }

    /**
     * Trains by a plan, or resumes such a training, and writes the model.
     *
     * @param model the driver's file; while training lasts, its checkpoint lies beside it with {@code .checkpoint} after its name
     * @return the results of all epochs
     * @throws IllegalArgumentException if a schedule of the plan is not a ScheduleRecipe
     * @throws IllegalStateException    if there are too few executors, training fails on a worker (the message is that worker's, the
     *     cause has its stack trace), executors are lost again and again, or the checkpoint is of another training
     * @throws IOException              if a file of the driver cannot be read or written
     */
    public List<EpochResult> run(List<TrainingPhase> plan, Path model) throws IOException {
        TrainingSettings.requireStorable("ScheduleRecipes", plan.stream().allMatch(TrainingPhase::isStorable));
        AtomicFile.requireWritable(model);
        requireExecutors();
        Path checkpoint = model.resolveSibling(model.getFileName() + ".checkpoint");
        byte[] state = Files.exists(checkpoint) ? Files.readAllBytes(checkpoint) : new byte[0];
        byte[] secret = new byte[32];
        new SecureRandom().nextBytes(secret);
        BarrierWorker.Task task = new BarrierWorker.Task(factory, JSON.writeValueAsString(plan), statistics, steps,
                secret, Runtime.version().feature());
        for (int attempt = 1;;) {
            Map<Result, byte[]> results = stage(task, state, checkpoint);
            if (results.containsKey(Result.FAILURE)) {
                throw new IllegalStateException(text(results.get(Result.FAILURE)),
                        new IllegalStateException("on the worker: " + text(results.get(Result.TRACE))));
            }
            if (results.containsKey(Result.MODEL)) {
                AtomicFile.write(model, results.get(Result.MODEL));
                Files.deleteIfExists(checkpoint);
                return JSON.readValue(results.get(Result.EPOCHS), new TypeReference<>() {});
            }
            if (results.containsKey(Result.STATE)) {
                state = results.get(Result.STATE);
                AtomicFile.write(checkpoint, state);
                attempt = 1;
            } else if (attempt++ == MOST_ATTEMPTS) {
                throw new IllegalStateException(text(results.get(Result.LOST))
                        + (Files.exists(checkpoint) ? "; the last checkpoint is " + checkpoint : ""));
            }
        }
    }

    /** Spark itself would wait ten minutes for the slots of a barrier stage. */
    private void requireExecutors() {
        SparkContext context = spark.sparkContext();
        long patience = context.getConf().getTimeAsMs(PATIENCE, "30s");
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patience);
        for (;;) {
            int executors = context.isLocal() ? 1 : context.getExecutorMemoryStatus().size() - 1; // without the driver
            if (executors >= workers) {
                return;
            }
            if (context.isLocal() || System.nanoTime() > end) {
                throw new IllegalStateException(workers + " workers need an executor each, there " + (executors == 1 ? "is 1" : "are "
                        + executors) + (context.isLocal() ? " (master local)" : " after " + patience + " ms (" + PATIENCE + ")")
                        + "; start more executors, or train with fewer workers");
            }
            try {
                Thread.sleep(100);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new CancellationException("the thread was interrupted while it waited for executors");
            }
        }
    }

    private static String text(byte[] message) {
        return new String(message, StandardCharsets.UTF_8);
    }

    /** The results of one barrier stage; of several failures the first. */
    private Map<Result, byte[]> stage(BarrierWorker.Task task, byte[] state, Path checkpoint) {
        JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
        Broadcast<byte[]> from = context.broadcast(state);
        try {
            ClassTag<Tuple2<String, byte[]>> tag = ClassTag$.MODULE$.apply(Tuple2.class);
            List<Tuple2<String, byte[]>> results = context.parallelize(IntStream.range(0, workers).boxed().toList(), workers)
                    .rdd().barrier().mapPartitions(new BarrierWorker(task, from, checkpoint.toString()), false, tag).toJavaRDD().collect();
            return results.stream().collect(Collectors.toMap(one -> Result.valueOf(one._1()), Tuple2::_2, (first, second) -> first));
        } catch (Exception failed) {
            // A SparkException, which Scala's methods do not declare.
            if (!(failed instanceof SparkException)) {
                throw failed;
            }
            // Spark gives up a stage of which one task had ended before an executor was lost.
            if (String.valueOf(failed.getMessage()).contains(ExecutorLostFailure.class.getSimpleName())) {
                return Map.of(Result.LOST, failed.getMessage().getBytes(StandardCharsets.UTF_8));
            }
            // The lines after the second are stack traces.
            String reason = String.valueOf(failed.getMessage()).lines().limit(2).collect(Collectors.joining(" "));
            throw new IllegalStateException("Spark does not train: " + reason + (failed.getCause() == null ? ""
                    : ": " + failed.getCause().toString().lines().findFirst().orElse("")), failed);
        } finally {
            from.destroy();
        }
    }
}
