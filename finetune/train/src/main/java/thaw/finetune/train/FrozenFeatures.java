package thaw.finetune.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.nn.TrainingModes;
import thaw.finetune.data.Batch;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.Batches;
import thaw.finetune.data.DataLoaders;
import thaw.finetune.data.Dataset;
import thaw.finetune.data.ImageFeatures;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.loss.Objective;
import thaw.finetune.plan.TrainingPhase;
import thaw.resnet.Network;

/** Precomputes the features of a frozen body, if a phase can train its head from them. */
final class FrozenFeatures {
    private static final String MIRRORED = " mirrored";

    private final Network net;
    private final FeatureCache cache;
    private final BatchLoader loader;
    private final Map<Path, String> hashes = new LinkedHashMap<>();
    private int computed;

    private FrozenFeatures(Network net, FeatureCache cache, BatchLoader loader) {
        this.net = net;
        this.cache = cache;
        this.loader = loader;
        for (int i = 0; i < loader.data().length(); i++) {
            hashes.put(loader.data().sample(i).file(), hash(loader.data(), i));
        }
    }

    /**
     * Checks a plan for {@link Precompute.When#REQUIRED}.
     *
     * @throws IllegalArgumentException if no phase trains the head alone, or if the head trained from precomputed
     *     features would differ
     */
    static void requireExact(Learner learn, List<TrainingPhase> plan) {
        if (plan.stream().noneMatch(phase -> isOfHeadAlone(learn, phase))) {
            throw new IllegalArgumentException("precompute: no phase trains the head alone "
                    + plan.stream().map(TrainingPhase::name).toList()
                    + ", and training other groups changes the features; freeze the body in a phase, or don't require it");
        }
        List<String> reasons = new ArrayList<>();
        if (!(learn.loss instanceof Objective)) {
            reasons.add("the loss function is not an Objective and may read the images: use an Objective");
        }
        if (!learn.data.isFlippedAtMost()) {
            reasons.add("images are " + learn.data.variation() + " anew in each epoch: use no augmentation, or the flip"
                    + " alone");
        }
        if (learn.settings.frozenBatchNorm() != FrozenBatchNorm.EVAL) {
            reasons.add("batch norm of frozen groups " + learn.settings.frozenBatchNorm().description() + ": fix it"
                    + " with eval (--frozen-bn eval)");
        }
        if (!reasons.isEmpty()) {
            throw new IllegalArgumentException("precompute: the head would differ, because "
                    + String.join("; and ", reasons));
        }
    }

    private static boolean isOfHeadAlone(Learner learn, TrainingPhase phase) {
        int groups = learn.freezing.groups().size();
        return phase.firstTrainable(groups, 0) == groups - 1 && !phase.gradual();
    }

    /**
     * The loaders for a phase whose groups are already frozen: of features if they are to be precomputed, otherwise
     * {@code images}.
     */
    static DataLoaders loaders(Learner learn, TrainingPhase phase, DataLoaders images) {
        DataLoaders data = learn.data;
        List<String> leftOut = new ArrayList<>();
        if (!data.isFlippedAtMost()) {
            leftOut.add("images are not " + data.variation());
        }
        if (learn.settings.frozenBatchNorm() != FrozenBatchNorm.EVAL) {
            leftOut.add("batch norm of frozen groups keeps its statistics");
        }
        boolean bothWays = data.isFlippedAtMost() && data.isFlipped();
        boolean wanted = switch (learn.precompute.when()) {
            case NEVER -> false;
            // Computing an image and its mirror image takes as long as the body's share of two epochs.
            case EXACT -> leftOut.isEmpty() && (!bothWays || phase.epochs() > 1);
            case REQUIRED, ALWAYS -> true;
        };
        if (!wanted || !isOfHeadAlone(learn, phase) || !(learn.loss instanceof Objective)) {
            return images;
        }
        if (!leftOut.isEmpty()) {
            String warning = "precompute: " + String.join(", and ", leftOut) + " in phase " + phase.name()
                    + ", because features are computed once; leave precompute at its default to avoid this";
            learn.tell(listener -> listener.onWarning(warning));
        }
        long start = System.nanoTime();
        FeatureCache cache = FeatureCache.open(learn.precompute.folder(), learn.net, images.train().transforms());
        FrozenFeatures train = new FrozenFeatures(learn.net, cache, images.train());
        FrozenFeatures valid = new FrozenFeatures(learn.net, cache, images.valid());
        ImageFeatures ofTrain = new ImageFeatures(train.all(false), bothWays ? train.all(true) : Map.of());
        ImageFeatures ofValid = new ImageFeatures(valid.all(false), Map.of());
        int computed = train.computed + valid.computed;
        int known = ofTrain.plain().size() + ofTrain.mirrored().size() + ofValid.plain().size() - computed;
        String note = "the body is frozen in phase " + phase.name() + ": its features are computed once for each"
                + " image" + (bothWays ? " and its mirror image," : "") + " and the head is trained from them ("
                + computed + " computed now, " + known + " known before, in "
                + String.format(Locale.ROOT, "%.1f s)", (System.nanoTime() - start) / 1e9) + (computed == 0 ? "" : keep(cache));
        learn.tell(listener -> listener.onNote(note));
        return images.onFeatures(ofTrain, ofValid);
    }

    /**
     * Writes the cache. A failure only costs time in later runs, so it is reported in the note instead of ending the
     * training.
     */
    private static String keep(FeatureCache cache) {
        try {
            cache.write();
            return "";
        } catch (IOException failed) {
            return "; they are not kept for later: " + failed.getMessage();
        }
    }

    /**
     * The features by file, without unreadable images. If a batch has an image without cached features, the whole batch
     * runs through the body, so that an image is always computed in the same batch.
     */
    private Map<Path, float[]> all(boolean mirrored) {
        Map<Path, float[]> found = known(mirrored);
        if (found.size() == loader.samples().size()) {
            return found;
        }
        BatchLoader inOrder = loader.inOrder();
        try (Batches batches = mirrored ? inOrder.mirroredEpoch() : inOrder.epoch(0);
                TrainingModes kept = new TrainingModes(net);
                NoGrad off = net.device().noGrad()) {
            net.eval();
            while (batches.hasNext()) {
                Batch batch = batches.next();
                if (!found.keySet().containsAll(batch.files())) {
                    compute(batch, mirrored, found);
                }
            }
        }
        return found;
    }

    private Map<Path, float[]> known(boolean mirrored) {
        Map<Path, float[]> found = new LinkedHashMap<>();
        hashes.forEach((file, hash) -> {
            float[] values = cache.get(key(file, mirrored));
            if (values != null) {
                found.put(file, values);
            }
        });
        return found;
    }

    private String key(Path file, boolean mirrored) {
        return hashes.get(file) + (mirrored ? MIRRORED : "");
    }

    /** The digest of a sample's content; empty if it is unreadable, so that it has no features. */
    private static String hash(Dataset data, int index) {
        try {
            return FeatureCache.contentHash(data.content(index));
        } catch (IOException | ImageReadException unreadable) {
            return "";
        }
    }

    private void compute(Batch batch, boolean mirrored, Map<Path, float[]> found) {
        try (Scope scope = net.device().scope()) {
            List<float[]> rows = net.pooled(batch.images(net.device())).toRows();
            for (int i = 0; i < batch.size(); i++) {
                Path file = batch.files().get(i);
                found.put(file, rows.get(i));
                cache.put(key(file, mirrored), rows.get(i));
                computed++;
            }
        }
    }
}
