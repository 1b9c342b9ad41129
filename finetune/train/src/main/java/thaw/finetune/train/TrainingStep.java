package thaw.finetune.train;

import java.util.List;
import thaw.engine.Device;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.optim.GradientClipping;
import thaw.engine.optim.Optimizer;
import thaw.finetune.data.Batch;
import thaw.finetune.diagnostics.GroupMeter;
import thaw.finetune.loss.LossFunction;
import thaw.resnet.LayerGroup;
import thaw.resnet.Network;

/** An optimizer step: the gradients of one batch, or accumulated over several batches, then the update. */
final class TrainingStep {

    private final Network net;
    private final LossFunction loss;
    private final Optimizer optimizer;
    private final FitSettings settings;

    TrainingStep(Network net, LossFunction loss, Optimizer optimizer, FitSettings settings) {
        this.net = net;
        this.loss = loss;
        this.optimizer = optimizer;
        this.settings = settings;
    }

    /**
     * Adds the gradients of {@code share} times a batch's mean loss.
     *
     * @param first whether to clear the gradients before
     * @param share this batch's weight in the step's loss, 0 to 1
     * @return the batch's mean loss, a scalar that the caller closes
     */
    Tensor backward(Batch batch, boolean first, double share) {
        Device device = net.device();
        if (first) {
            // Before the forward pass, so that its activations can reuse the gradients' memory.
            optimizer.zeroGrad();
        }
        try (Scope scope = device.scope()) {
            Tensor mean = loss.of(batch.scores(net), batch);
            Tensor value = mean.detach();
            (share == 1 ? mean : mean.mul(share)).backward();
            return value.unscoped();
        }
    }

    /** Multiplies all gradients by a factor. A factor of 1 leaves their bits unchanged. */
    void scaleGradients(double factor) {
        if (factor != 1) {
            GradientClipping.scale(optimizer.parameters(), factor);
        }
    }

    /**
     * Clips the gradients by the settings, then updates the parameters.
     *
     * @param foundInf see {@link Optimizer#step(Tensor)}; null to update unconditionally
     */
    void update(GroupMeter meter, List<LayerGroup> groups, Tensor foundInf) {
        meter.beforeStep(groups);
        for (GradientClipping clipping : settings.clipping()) {
            clipping.clip(optimizer.parameters());
        }
        optimizer.step(foundInf);
        meter.afterStep(groups);
    }
}
