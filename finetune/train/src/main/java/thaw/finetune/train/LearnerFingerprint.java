package thaw.finetune.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.distributed.ProcessGroup;
import thaw.finetune.plan.OptimizerRecipe;
import thaw.finetune.plan.TrainingPhase;

/**
 * The parts of a learner and a plan that the workers of a training must have alike, and a resumed training must have like the one that
 * was stopped.
 */
public final class LearnerFingerprint {
    /** Bits that a float holds exactly, also as a sum with zeros. */
    private static final int PIECE = Short.BYTES;
    private static final int SHA_256 = 32;

    private LearnerFingerprint() {
    }

    /**
     * The parts by name: digests of the weights and of the images' names and labels, the rest as text. An optimizer that is no
     * {@link OptimizerRecipe}, a schedule that cannot be stored, augmentations and losses are left out.
     */
    public static Map<String, String> of(Learner learn, List<TrainingPhase> plan) {
        MessageDigest weights = FeatureCache.sha256();
        new TreeMap<>(learn.net.stateDict()).forEach((name, tensor) -> {
            FeatureCache.update(weights, name + tensor.shape());
            weights.update(tensor.bytes());
        });
        BatchLoader train = learn.data.train();
        MessageDigest images = FeatureCache.sha256();
        Stream.of(train, learn.data.valid()).flatMap(loader -> loader.samples().stream())
                .forEach(sample -> FeatureCache.update(images, sample.file().getFileName() + "\t" + sample.labels()));
        FitSettings settings = learn.settings;
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put("weights", HexFormat.of().formatHex(weights.digest()));
        parts.put("images", train.images() + " of SHA-256 " + HexFormat.of().formatHex(images.digest()));
        parts.put("classes", learn.data.classes().toString());
        parts.put("preparation", learn.data.transforms().toMap() + ", batch " + learn.data.batch() + ", seed " + train.seed(0, 0));
        parts.put("settings", (settings.optimizer() instanceof OptimizerRecipe recipe ? recipe + ", " : "") + "accumulate "
                + settings.accumulate() + ", average " + settings.average() + ", frozen batch norm " + settings.frozenBatchNorm() + ", "
                + learn.normStatistics + " statistics");
        parts.put("plan", plan.stream().filter(TrainingPhase::isStorable).map(LearnerFingerprint::json).toList().toString());
        return parts;
    }

    private static String json(TrainingPhase phase) {
        try {
            return FiniteJson.builder().build().writeValueAsString(phase);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("a plan that is storable has a text", impossible);
        }
    }

    /**
     * Checks that all workers have equal learners; all of them call this.
     *
     * @throws IllegalStateException if not; the message names a worker and the part
     */
    static void requireEqual(Learner learn, List<TrainingPhase> plan) {
        ProcessGroup workers = learn.workers;
        Map<String, String> own = of(learn, plan);
        List<String> names = List.copyOf(own.keySet());
        int length = names.size() * SHA_256 / PIECE;
        float[] pieces = new float[workers.size() * length];
        ByteBuffer digests = ByteBuffer.allocate(length * PIECE);
        names.forEach(name -> digests.put(FeatureCache.sha256().digest(Objects.requireNonNull(own.get(name))
                .getBytes(StandardCharsets.UTF_8))));
        for (int i = 0; i < length; i++) {
            pieces[workers.rank() * length + i] = Short.toUnsignedInt(digests.getShort(i * PIECE));
        }
        workers.allReduce(pieces);
        for (int i = length; i < pieces.length; i++) {
            if (pieces[i] != pieces[i % length]) {
                String name = names.get(i % length * PIECE / SHA_256);
                throw new IllegalStateException("worker " + i / length + " has other " + name + " than worker 0 (this is worker "
                        + workers.rank() + ", with " + own.get(name) + "); all workers need equal learners: give them equal weights, seeds,"
                        + " settings and images");
            }
        }
    }
}
