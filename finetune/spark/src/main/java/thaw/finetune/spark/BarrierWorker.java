package thaw.finetune.spark;

import com.fasterxml.jackson.core.type.TypeReference;
import java.io.IOException;
import java.io.Serializable;
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
import java.util.List;
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
import thaw.finetune.train.NormStatistics;
import thaw.finetune.train.TrainingListener;

/**
 * The task of a barrier stage: joins the others in a ring, trains from a state to the next checkpoint, and returns, if it is the first
 * worker, the new state or the model. It returns failures too, because Spark would try a task that throws again: it is to do that for
 * lost executors alone.
 */
final class BarrierWorker extends AbstractFunction1<Iterator<Integer>, Iterator<Tuple2<String, byte[]>>> implements Serializable {
    private static final long serialVersionUID = 1;
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

    /** A worker's place, as it tells the others. */
    record Place(String host, int port, String executor, int java) {
        static Place parse(String text) {
            String[] parts = text.split(" ");
            return new Place(parts[0], Integer.parseInt(parts[1]), parts[2], Integer.parseInt(parts[3]));
        }

        @Override
        public String toString() {
            return host + " " + port + " " + executor + " " + java;
        }
    }

    private final Task task;
    private final Broadcast<byte[]> from;

    /** @param from the state to resume from; empty to begin */
    BarrierWorker(Task task, Broadcast<byte[]> from) {
        this.task = task;
        this.from = from;
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
        } catch (IOException | RuntimeException | OutOfMemoryError failed) {
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
        InetAddress own = InetAddress.getByName(env.blockManager().blockManagerId().host());
        try (ServerSocket server = new ServerSocket(0, 0, own)) {
            List<Place> places = Arrays.stream(context.allGather(new Place(own.getHostAddress(), server.getLocalPort(),
                    env.executorId(), Runtime.version().feature()).toString())).map(Place::parse).toList();
            requireFit(places, task.java());
            if (places.size() == 1) {
                train(ProcessGroup.ALONE, results);
                return;
            }
            try (SocketRing ring = ring(server, context.partitionId(), places, env.securityManager())) {
                train(ring, results);
            }
        }
    }

    /**
     * Checks that each worker has an executor of its own, and that these run the driver's Java.
     *
     * @throws IllegalArgumentException if two workers share an executor
     * @throws IllegalStateException    if an executor runs another Java
     */
    static void requireFit(List<Place> places, int java) {
        Set<String> executors = new HashSet<>();
        for (Place place : places) {
            SameJava.require(java, place.java(), place.host());
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

    private void train(ProcessGroup workers, List<Tuple2<String, byte[]>> results) throws IOException {
        List<TrainingPhase> plan = DistributedTraining.JSON.readValue(task.plan(), new TypeReference<>() {});
        int threads = SparkEnv.get().conf().getInt("spark.task.cpus", 1);
        Path file = Files.createTempFile("thaw", ".safetensors");
        try (Device device = Device.cpu(threads); Learner learn = task.factory().on(device)) {
            learn.distributed(workers, task.statistics()).addListener(new UntilCheckpoint(learn));
            FitResult fit;
            if (from.value().length == 0) {
                fit = learn.run(plan);
            } else {
                Files.write(file, from.value());
                fit = learn.resume(plan, FitState.read(file));
            }
            if (workers.rank() > 0) {
                return;
            }
            if (fit.stoppedAt().isPresent()) {
                fit.stoppedAt().get().write(file);
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

    /** Stops the learner after the epoch, or the steps to the next checkpoint. */
    private final class UntilCheckpoint implements TrainingListener {
        private final Learner learn;
        private int steps;

        UntilCheckpoint(Learner learn) {
            this.learn = learn;
        }

        @Override
        public void onBatch(BatchResult step) {
            if (++steps == task.steps()) {
                learn.stop();
            }
        }

        @Override
        public void onEpoch(EpochResult epoch) {
            learn.stop();
        }
    }
}
