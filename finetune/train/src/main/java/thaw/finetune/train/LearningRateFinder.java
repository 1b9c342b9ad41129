package thaw.finetune.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import thaw.engine.io.StoredTensor;
import thaw.engine.nn.TrainingModes;
import thaw.engine.optim.ExponentialSweep;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.TrainingPhase;
import thaw.resnet.Network;

/**
 * A listener that records the loss of a training at increasing learning rates (Smith 2017, "Cyclical learning rates",
 * section 3.3) and stops it, like fastai's {@code lr_find}.
 */
final class LearningRateFinder implements TrainingListener {

    private static final double SMOOTHING = 0.98;
    private static final double DIVERGED = 4;

    private final Learner learn;
    private final String swept;
    private final SweepOptions options;
    private final List<Double> rates = new ArrayList<>();
    private final List<Double> losses = new ArrayList<>();
    private double mean;
    private double lowest = Double.POSITIVE_INFINITY;

    private LearningRateFinder(Learner learn, String swept, SweepOptions options) {
        this.learn = learn;
        this.swept = swept;
        this.options = options;
    }

    /**
     * Trains, then restores the network, its modes and the generator.
     *
     * @param like  the learner of the network, data and settings
     * @param swept the name of the layer group to train; {@code "all"} for all trainable ones
     */
    static LearningRateSweep sweep(Learner like, String swept, SweepOptions options) {
        Network net = like.net;
        int first = like.freezing.first();
        List<String> only = like.freezing.only();
        Map<String, StoredTensor> before = net.stateDict();
        long random = net.device().generator().state();
        Learner learn = new Learner(net, like.data).granularity(like.freezing.granularity())
                .settings(like.settings.accumulate(1).average(null)).loss(like.loss).precompute(Precompute.of(Precompute.When.NEVER));
        learn.validates = false;
        learn.loop.continueAfter(like.loop);
        learn.listeners.addAll(like.listeners);
        LearningRateFinder finder = new LearningRateFinder(learn, swept, options);
        learn.addListener(finder);
        // The finder stops the training after the last iteration; an epoch has at least one.
        TrainingPhase phase = new TrainingPhase(swept, options.iterations(),
                (epochs, steps) -> new ExponentialSweep(options.start(), options.end(), options.iterations()),
                LearningRates.of(1).only(only)).freezeTo(first);
        boolean broken = false;
        try (TrainingModes kept = new TrainingModes(net)) {
            learn.run(List.of(phase));
        } catch (DivergenceException diverged) {
            if (finder.rates.isEmpty()) {
                throw diverged;
            }
            broken = true;
        } finally {
            net.restore(before);
            net.device().generator().seed(random);
            like.freezing.requireGradients(like.settings.frozenBatchNorm());
        }
        return new LearningRateSweep(swept, finder.rates, finder.losses, options.iterations(), broken);
    }

    /** One sweep per trainable group. */
    static List<LearningRateSweep> sweepEach(Learner like, SweepOptions options) {
        like.freezing.requireTrainable();
        return IntStream.range(0, like.groups().size()).filter(like.freezing::isTrainable).mapToObj(like.groups()::get)
                .map(group -> sweep(like, group.name(), options)).toList();
    }

    @Override
    public void onPhase(TrainingPhase phase, int number, int count) {
        if (!swept.equals("all")) {
            learn.groups().forEach(group -> group.requiresGrad(group.name().equals(swept)));
        }
    }

    @Override
    public void onBatch(BatchResult batch) {
        double loss = batch.loss();
        if (!Double.isFinite(loss)) {
            // On an asynchronous device the loop has not read the loss yet; it does so when it is stopped, and throws.
            learn.stop();
            return;
        }
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss;
        double smooth = mean / (1 - Math.pow(SMOOTHING, losses.size() + 1));
        rates.add(batch.learningRates().get(batch.learningRates().size() - 1));
        losses.add(smooth);
        lowest = Math.min(lowest, smooth);
        if (rates.size() == options.iterations() || options.stopDivergence() && smooth > DIVERGED * lowest) {
            learn.stop();
        }
    }
}
