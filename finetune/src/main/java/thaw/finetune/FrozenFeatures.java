package thaw.finetune;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.nn.TrainingModes;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.Batches;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.RawBatch;
import thaw.finetune.data.Sample;
import thaw.resnet.ResNet;

/** Decides whether a phase trains its head from features that are computed once, and computes them. */
final class FrozenFeatures {
    private final ResNet net;
    private final FeatureCache cache;
    private final Map<Path, String> hashes = new HashMap<>();
    private int computed;

    private FrozenFeatures(ResNet net, FeatureCache cache) {
        this.net = net;
        this.cache = cache;
    }

    /** Loaders for a phase whose groups are frozen already: of features, or of images as before. */
    static Loaders loaders(FitContext context, TrainingPhase phase, Loaders images) {
        Precompute.When when = context.precompute().when();
        boolean possible = context.freezing().first() == context.freezing().groups().size() - 1 && !phase.gradual()
                && context.loss() instanceof Objective;
        ImageFolder data = context.data();
        List<String> leftOut = new ArrayList<>();
        if (data.isVaried()) {
            leftOut.add("images are not varied or mixed");
        }
        if (context.settings().frozenBatchNorm() != FrozenBatchNorm.EVAL) {
            leftOut.add("batch norm of frozen groups keeps its statistics");
        }
        if (!possible || when == Precompute.When.NEVER || when == Precompute.When.EXACT && !leftOut.isEmpty()) {
            return images;
        }
        if (!leftOut.isEmpty()) {
            context.listener().onWarning("precompute: " + String.join(", and ", leftOut) + " in phase " + phase.name()
                    + ", as features are computed once; leave precompute at its default to have that back");
        }
        FeatureCache cache = FeatureCache.open(context.precompute().folder(), context.net(), images.train().transforms());
        FrozenFeatures features = new FrozenFeatures(context.net(), cache);
        Map<Path, float[]> known = new HashMap<>(features.of(images.train()));
        known.putAll(features.of(images.valid()));
        context.listener().onNote("the body is frozen in phase " + phase.name() + ": its features are computed once for each image"
                + " and the head is trained from them (" + features.computed + " computed now, "
                + (known.size() - features.computed) + " known before)" + features.keep());
        return images.onFeatures(known);
    }

    /** A cache that cannot be written costs time later, and is no reason not to train. */
    private String keep() {
        if (computed > 0) {
            try {
                cache.write();
            } catch (IOException failed) {
                return "; they are not kept for later: " + failed.getMessage();
            }
        }
        return "";
    }

    /**
     * By file, but for images that cannot be read. Batches in which one is missing go through the body whole: so an image is
     * always computed in the same company.
     */
    private Map<Path, float[]> of(BatchLoader loader) {
        Map<Path, float[]> found = known(loader.samples());
        if (found.size() == loader.samples().size()) {
            return found;
        }
        try (Batches batches = loader.inOrder().epoch(0); TrainingModes kept = new TrainingModes(net);
                NoGrad off = net.device().noGrad()) {
            net.eval();
            while (batches.hasNext()) {
                RawBatch raw = batches.next();
                if (!found.keySet().containsAll(raw.files())) {
                    compute(raw, found);
                }
            }
        }
        return found;
    }

    private Map<Path, float[]> known(List<Sample> samples) {
        Map<Path, float[]> found = new LinkedHashMap<>();
        for (Sample sample : samples) {
            float[] values = cache.get(hash(sample.file()));
            if (values != null) {
                found.put(sample.file(), values);
            }
        }
        return found;
    }

    private String hash(Path file) {
        return hashes.computeIfAbsent(file, image -> {
            try {
                return FeatureCache.contentHash(image);
            } catch (IOException unreadable) {
                return "";
            }
        });
    }

    private void compute(RawBatch raw, Map<Path, float[]> found) {
        try (Scope scope = net.device().scope()) {
            float[] rows = net.pooled(Batch.of(net.device(), raw).images()).toFloats();
            int width = rows.length / raw.size();
            for (int i = 0; i < raw.size(); i++) {
                Path file = raw.files().get(i);
                float[] values = Arrays.copyOfRange(rows, i * width, (i + 1) * width);
                found.put(file, values);
                cache.put(hash(file), values);
                computed++;
            }
        }
    }
}
