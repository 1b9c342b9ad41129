package thaw.finetune.spark;

import com.fasterxml.jackson.core.type.TypeReference;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Serializable;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SecurityManager;
import org.apache.spark.SparkEnv;
import org.apache.spark.broadcast.Broadcast;
import org.jspecify.annotations.Nullable;
import scala.Tuple2;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;
import thaw.engine.Device;
import thaw.engine.io.Weights;
import thaw.finetune.distributed.LostWorkerException;
import thaw.finetune.distributed.ProcessGroup;
import thaw.finetune.distributed.SocketRing;
import thaw.finetune.distributed.Tls;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.spark.DistributedTraining.Result;
import thaw.finetune.train.BatchResult;
import thaw.finetune.train.EpochResult;
import thaw.finetune.train.FitResult;
import thaw.finetune.train.FitState;
import thaw.finetune.train.Learner;
import thaw.finetune.train.LearnerFingerprint;
import thaw.finetune.train.NormStatistics;
import thaw.finetune.train.TrainingListener;

/**
 * The task of a barrier stage: joins the others in a ring, trains from a state to the next checkpoint, and returns, if it is the first
 * worker, the new state or the model. It returns failures too, because Spark would try a task that throws again: it is to do that for
 * lost executors alone.
 */
final class BarrierWorker extends AbstractFunction1<Iterator<Integer>, Iterator<Tuple2<String, byte[]>>> implements Serializable {
    private static final long serialVersionUID = 1;
    /** The entry of a checkpoint's metadata by which a training knows its own. */
    private static final String TRAINING = "training";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /**
     * The part of the work that is the same in every stage.
     *
     * @param plan   as JSON
     * @param steps  the most steps to a checkpoint
     * @param secret of this training
     * @param java   the driver's major version
     */
    record Task(DistributedTraining.LearnerFactory factory, String plan, NormStatistics statistics, int steps, byte[] secret, int java)
            implements Serializable {
    }

    /**
     * A worker's place, as it tells the others.
     *
     * @param host     by which Spark knows the executor
     * @param loopback whether that is a loopback address on the host itself
     */
    record Place(String host, int port, boolean loopback, String executor, int java) {
        static Place parse(String text) {
            String[] parts = text.split(" ");
            return new Place(parts[0], Integer.parseInt(parts[1]), Boolean.parseBoolean(parts[2]), parts[3], Integer.parseInt(parts[4]));
        }

        @Override
        public String toString() {
            return host + " " + port + " " + loopback + " " + executor + " " + java;
        }
    }

    private final Task task;
    private final Broadcast<byte[]> from;
    private final String checkpoint;

    /**
     * @param from       the state to resume from; empty to begin
     * @param checkpoint the driver's file of that state, for messages
     */
    BarrierWorker(Task task, Broadcast<byte[]> from, String checkpoint) {
        this.task = task;
        this.from = from;
        this.checkpoint = checkpoint;
    }

    @Override
    public Iterator<Tuple2<String, byte[]>> apply(Iterator<Integer> rank) {
        List<Tuple2<String, byte[]>> results = new ArrayList<>();
        try {
            join(BarrierTaskContext.get(), results);
        } catch (CancellationException killed) {
            throw killed;
        } catch (LostWorkerException lost) {
            results.add(result(Result.LOST, lost.getMessage()));
        } catch (IOException | RuntimeException | OutOfMemoryError | LinkageError failed) {
            StringWriter trace = new StringWriter();
            failed.printStackTrace(new PrintWriter(trace));
            results.add(result(Result.TRACE, trace.toString()));
            results.add(result(Result.FAILURE, "worker " + BarrierTaskContext.get().partitionId() + ": "
                    + Optional.ofNullable(failed.getMessage()).orElse(failed.toString())));
        }
        return CollectionConverters.asScala(results.iterator());
    }

    private static Tuple2<String, byte[]> result(Result kind, String text) {
        return new Tuple2<>(kind.name(), text.getBytes(StandardCharsets.UTF_8));
    }

    private void join(BarrierTaskContext context, List<Tuple2<String, byte[]>> results) throws IOException {
        SparkEnv env = SparkEnv.get();
        String host = env.blockManager().blockManagerId().host();
        InetAddress own = InetAddress.getByName(host);
        try (ServerSocket server = new ServerSocket(0, 0, own)) {
            List<Place> places = Arrays.stream(context.allGather(new Place(host, server.getLocalPort(),
                    own.isLoopbackAddress(), env.executorId(), Runtime.version().feature()).toString())).map(Place::parse).toList();
            requireFit(places, task.java());
            if (places.size() == 1) {
                train(ProcessGroup.ALONE, context.cpus(), results);
                return;
            }
            try (SocketRing ring = ring(server, context.partitionId(), places, env.securityManager())) {
                train(ring, context.cpus(), results);
            }
        }
    }

    /**
     * Checks that each worker has an executor of its own, that these reach each other, and that they run the driver's Java.
     *
     * @throws IllegalArgumentException if two workers share an executor, or one on another host has a loopback address
     * @throws IllegalStateException    if an executor runs another Java
     */
    static void requireFit(List<Place> places, int java) {
        Set<String> executors = new HashSet<>();
        boolean oneHost = places.stream().map(Place::host).distinct().count() == 1;
        for (Place place : places) {
            SameJava.require(java, place.java(), place.host());
            if (place.loopback() && !oneHost) {
                throw new IllegalArgumentException("the executor on " + place.host() + " resolves this name to a loopback address, which"
                        + " the other hosts' workers cannot reach; set SPARK_LOCAL_IP there, or correct its /etc/hosts");
            }
            if (!executors.add(place.executor())) {
                throw new IllegalArgumentException("expected an executor for each of " + places.size() + " workers, got two on executor "
                        + place.executor() + "; set spark.task.cpus to the number of an executor's cores");
            }
        }
    }

    /** The training's secret, followed by Spark's, if Spark authenticates its processes. */
    private byte[] secret(SecurityManager security) {
        byte[] ofSpark = security.isAuthenticationEnabled() ? security.getSecretKey().getBytes(StandardCharsets.UTF_8) : new byte[0];
        byte[] both = Arrays.copyOf(task.secret(), task.secret().length + ofSpark.length);
        System.arraycopy(ofSpark, 0, both, task.secret().length, ofSpark.length);
        return both;
    }

    /**
     * The encryption of Spark's own traffic; null if it is not encrypted.
     *
     * @throws IllegalArgumentException if Spark encrypts in another way than TLS, or its TLS has no stores that can be read
     */
    static @Nullable Tls tls(SecurityManager security) {
        if (security.isSslRpcEnabled()) {
            return RpcTls.of(security.getRpcSSLOptions());
        }
        if (security.isEncryptionEnabled()) {
            throw new IllegalArgumentException("the cluster encrypts its traffic by spark.network.crypto.enabled or"
                    + " spark.authenticate.enableSaslEncryption, which sums of gradients cannot use; set spark.ssl.rpc.enabled with a"
                    + " keyStore and a trustStore instead, or train on one worker");
        }
        return null;
    }

    private SocketRing ring(ServerSocket server, int rank, List<Place> places, SecurityManager security) {
        byte[] secret = secret(security);
        Tls tls = tls(security);
        try {
            return SocketRing.join(server, rank, places.stream().map(place -> new InetSocketAddress(place.host(), place.port())).toList(),
                    secret, tls, PATIENCE);
        } catch (IOException failed) {
            throw new LostWorkerException(failed.getMessage(), failed);
        }
    }

    private void train(ProcessGroup workers, int threads, List<Tuple2<String, byte[]>> results) throws IOException {
        List<TrainingPhase> plan = DistributedTraining.JSON.readValue(task.plan(), new TypeReference<>() {});
        Path file = Files.createTempFile("thaw", ".safetensors");
        try (Device device = Device.cpu(threads); Learner learn = task.factory().on(device)) {
            UntilCheckpoint until = new UntilCheckpoint(learn);
            learn.distributed(workers, task.statistics()).addListener(until);
            Map<String, String> training = LearnerFingerprint.of(learn, plan);
            training.put("workers", Integer.toString(workers.size()));
            FitResult fit;
            if (from.value().length == 0) {
                fit = learn.run(plan);
            } else {
                Files.write(file, from.value());
                requireSame(training);
                fit = learn.resume(plan, FitState.read(file));
            }
            boolean early = fit.stoppedAt().isPresent() && workers.any(until.isEarly(workers.rank()));
            if (workers.rank() > 0) {
                return;
            }
            if (fit.stoppedAt().isPresent() && !fit.stoppedAt().get().isFinite()) {
                throw new IllegalStateException("the network's weights are no longer finite, so they replace no checkpoint; start again"
                        + " with lower learning rates");
            }
            if (fit.stoppedAt().isPresent() && !early) {
                fit.stoppedAt().get().write(file);
                Weights state = read(Files.readAllBytes(file));
                Map<String, String> metadata = new LinkedHashMap<>(state.metadata());
                metadata.put(TRAINING, DistributedTraining.JSON.writeValueAsString(training));
                Weights.write(file, state, metadata);
                results.add(new Tuple2<>(Result.STATE.name(), Files.readAllBytes(file)));
            } else {
                learn.save(file);
                results.add(new Tuple2<>(Result.MODEL.name(), Files.readAllBytes(file)));
                results.add(result(Result.EPOCHS, DistributedTraining.JSON.writeValueAsString(fit.epochs())));
            }
        } finally {
            Files.delete(file);
        }
    }

    private static Weights read(byte[] state) throws IOException {
        return Weights.read(new ByteArrayInputStream(state));
    }

    /** Checks that the state to resume from is this training's. */
    private void requireSame(Map<String, String> training) throws IOException {
        String text = read(from.value()).metadata().get(TRAINING);
        Map<String, String> before = text == null ? Map.of() : DistributedTraining.JSON.readValue(text, new TypeReference<>() {});
        training.forEach((part, value) -> {
            if (!value.equals(before.get(part))) {
                throw new IllegalArgumentException("the checkpoint " + checkpoint + " is of another training: " + part + " was "
                        + before.get(part) + ", is " + value + "; delete it to begin anew");
            }
        });
    }

    /** Stops the learner after the epoch, or the steps to the next checkpoint; the last of its listeners. */
    private final class UntilCheckpoint implements TrainingListener {
        private final Learner learn;
        private int steps;
        private boolean due;
        private boolean stoppedBefore;

        UntilCheckpoint(Learner learn) {
            this.learn = learn;
        }

        @Override
        public void onBatch(BatchResult step) {
            stoppedBefore |= learn.isStopping();
            if (++steps == task.steps()) {
                stop();
            }
        }

        @Override
        public void onEpoch(EpochResult epoch) {
            stoppedBefore |= learn.isStopping();
            stop();
        }

        private void stop() {
            due = true;
            learn.stop();
        }

        /** Whether this worker's learner was stopped by something else. Worker 0 alone has the ends of epochs. */
        boolean isEarly(int rank) {
            return stoppedBefore || rank == 0 && !due;
        }
    }
}
