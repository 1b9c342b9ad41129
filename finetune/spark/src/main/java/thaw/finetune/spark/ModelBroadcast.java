package thaw.finetune.spark;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.ref.Cleaner;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.util.SerializableConfiguration;
import org.jspecify.annotations.Nullable;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.WarmUp;

/**
 * The value of a broadcast variable: a model file's bytes, and in each JVM one classifier made of them, which its tasks share; and the
 * configuration by which they open files, whose hundreds of entries would otherwise be read again for each task. Spark
 * hands each byte to an executor once, whatever file systems the executor reaches, and drops the value when the driver no longer refers
 * to the variable; the classifier is closed then.
 */
final class ModelBroadcast implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final Cleaner CLEANER = Cleaner.create();

    private final byte[] file;
    private final SerializableConfiguration hadoop;
    private final int driversJava = Runtime.version().feature();
    private transient @Nullable Classifier classifier;

    private ModelBroadcast(byte[] file, Configuration hadoop) {
        this.file = file;
        this.hadoop = new SerializableConfiguration(hadoop);
    }

    /**
     * The bytes of a file, in any file system of Hadoop's.
     *
     * @throws IllegalArgumentException if the path is none; the message names it
     * @throws UncheckedIOException     if the file cannot be read
     */
    static byte[] file(String path, Configuration hadoop) {
        try {
            Path file = new Path(path);
            try (FSDataInputStream in = file.getFileSystem(hadoop).open(file)) {
                return in.readAllBytes();
            }
        } catch (IllegalArgumentException none) {
            throw new IllegalArgumentException("model: " + path + ": " + none.getMessage(), none);
        } catch (IOException unreadable) {
            throw new UncheckedIOException("model: " + path + ": " + unreadable.getMessage(), unreadable);
        }
    }

    /**
     * Makes a classifier of a model, so that one that cannot be used fails here, on the driver.
     *
     * @param path of the file, for messages
     * @throws IllegalArgumentException if the file holds no model; the message names it
     * @throws UncheckedIOException     if it is damaged
     */
    static ModelBroadcast of(String path, byte[] file, Configuration hadoop) {
        ModelBroadcast model = new ModelBroadcast(file, hadoop);
        try {
            model.load(1, WarmUp.NONE).close();
        } catch (IllegalArgumentException unfit) {
            throw new IllegalArgumentException("model: " + path + ": " + unfit.getMessage(), unfit);
        } catch (IOException damaged) {
            throw new UncheckedIOException("model: " + path + ": " + damaged.getMessage(), damaged);
        }
        return model;
    }

    Configuration hadoop() {
        return hadoop.value();
    }

    private Classifier load(int threads, WarmUp warmUp) throws IOException {
        return Classifier.load(new ByteArrayInputStream(file), Classifier.options().threads(threads).warmUp(warmUp));
    }

    /**
     * This JVM's classifier, for a task. It computes with as many threads as a task has cores ({@code spark.task.cpus}).
     *
     * @throws IllegalStateException if this JVM's Java is not the driver's
     */
    synchronized Classifier classifier() {
        if (classifier == null) {
            SameJava.require(driversJava, Runtime.version().feature(), SparkEnv.get().blockManager().blockManagerId().host());
            try {
                classifier = load(TaskContext.get().cpus(), WarmUp.BACKGROUND);
            } catch (IOException readBefore) {
                throw new UncheckedIOException(readBefore);
            }
            CLEANER.register(this, classifier::close);
        }
        return classifier;
    }
}
