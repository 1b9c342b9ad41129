package thaw.finetune.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.ForwardHook;
import thaw.engine.nn.Module;
import thaw.engine.nn.TrainingModes;
import thaw.finetune.data.Batch;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.Batches;
import thaw.finetune.data.LoaderOptions;
import thaw.finetune.data.Sample;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.predict.LabelSet;
import thaw.finetune.predict.ModelFile;
import thaw.resnet.Network;

/**
 * Adapts the statistics of batch norm to unlabelled images, such as those of another camera (Schneider et al. 2020, "Improving
 * robustness against common corruptions by covariate shift adaptation"). A network keeps its weights; with the mean μs and the
 * variance of training and the mean μt and the variance of n new images, each channel's become
 *
 * <pre>
 * μ = N/(N + n) · μs + n/(N + n) · μt
 * </pre>
 *
 * and the same for variances. A layer's new statistics are those of its inputs under the adapted statistics of the layers before it;
 * of several batches, each is normalised by μt of all so far.
 *
 * @param sourceImages N, the number of images that the statistics of training count for: 0 for the new images alone
 */
public record BatchNormAdaptation(double sourceImages) {

    private static final int BATCH = 64;
    private static final int LEAST_SOURCE_IMAGES = 16;

    /** @throws IllegalArgumentException if {@code sourceImages} is negative or not finite */
    public BatchNormAdaptation {
        if (!(sourceImages >= 0 && Double.isFinite(sourceImages))) {
            throw new IllegalArgumentException("source images: expected a number of 0 or more, got " + sourceImages);
        }
    }

    /**
     * The default for n new images: N = n, at least 16, so that old and new statistics count alike. The weights fit the old ones, so that
     * half of these is better than none however many images there are; it keeps the accuracy on images like the old ones.
     */
    public static BatchNormAdaptation to(int images) {
        return new BatchNormAdaptation(Math.max(LEAST_SOURCE_IMAGES, images));
    }

    /**
     * A copy of a model, adapted to image files in batches of {@value #BATCH}. Their order, by which earlier batches prepare later ones,
     * is shuffled by a fixed seed.
     *
     * @throws ImageReadException if a file cannot be read
     */
    public ModelFile adapt(ModelFile model, List<Path> images, Device device) {
        List<Sample> samples = new ArrayList<>();
        images.forEach(file -> samples.add(new Sample(file, List.of())));
        Collections.shuffle(samples, new Random(0));
        Network net = model.toNet(device);
        try {
            adapt(net, new BatchLoader(samples, new LabelSet(model.classes(), true), model.transforms(),
                    LoaderOptions.evaluation(BATCH).cacheBytes(0).strict(true)));
            // Without the features of known images, which the old statistics gave.
            return model.with(net, Optional.empty());
        } finally {
            net.release();
        }
    }

    /** Adapts a network to the images of an epoch; those that cannot be read are left out. Modes stay. */
    public void adapt(Network net, BatchLoader images) {
        List<ForwardHook.Registration> hooks = new ArrayList<>();
        double share = images.images() / (sourceImages + images.images());
        net.namedModules().values().stream().filter(BatchNorm2d.class::isInstance).map(BatchNorm2d.class::cast)
                .forEach(norm -> hooks.add(norm.beforeForward(new Statistics(norm, share)::add)));
        try (TrainingModes kept = new TrainingModes(net);
                NoGrad off = net.device().noGrad();
                Batches batches = images.epoch(0)) {
            net.eval();
            while (batches.hasNext()) {
                Batch batch = batches.next();
                try (Scope scope = net.device().scope()) {
                    batch.scores(net);
                }
            }
        } finally {
            hooks.forEach(ForwardHook.Registration::close);
        }
    }

    /** The statistics of a layer: those of training, and of all new images so far, whose share is {@code n/(N + n)}. */
    private static final class Statistics {
        private final BatchNorm2d norm;
        private final double share;
        private final double[] mean;
        private final double[] var;
        private final double[] newMean;
        private final double[] newSquares;
        private int images;

        Statistics(BatchNorm2d norm, double share) {
            this.norm = norm;
            this.share = share;
            mean = norm.runningMean().toDoubles();
            var = norm.runningVar().toDoubles();
            newMean = new double[mean.length];
            newSquares = new double[mean.length];
        }

        /** Adds the batch x, {@code [N, C, H, W]}, and sets the layer's statistics before it normalises x by them. */
        void add(Module layer, Tensor x) {
            int count = x.shape().dim(0);
            Tensor centre = x.mean(true, 0, 2, 3);
            double[] ofBatch = centre.toDoubles();
            double[] spread = x.sub(centre).square().mean(0, 2, 3).toDoubles();
            images += count;
            float[] means = new float[mean.length];
            float[] variances = new float[mean.length];
            for (int c = 0; c < means.length; c++) {
                newMean[c] += (ofBatch[c] - newMean[c]) * count / images;
                newSquares[c] += (spread[c] + ofBatch[c] * ofBatch[c] - newSquares[c]) * count / images;
                double newVar = Math.max(0, newSquares[c] - newMean[c] * newMean[c]);
                means[c] = (float) ((1 - share) * mean[c] + share * newMean[c]);
                variances[c] = (float) ((1 - share) * var[c] + share * newVar);
            }
            norm.runningMean().set(means);
            norm.runningVar().set(variances);
        }
    }
}
