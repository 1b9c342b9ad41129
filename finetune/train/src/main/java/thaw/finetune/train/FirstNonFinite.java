package thaw.finetune.train;

import static java.util.stream.Collectors.joining;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.nn.ForwardHook;
import thaw.engine.nn.Module;
import thaw.finetune.data.Batch;
import thaw.finetune.evaluate.Evaluation;
import thaw.resnet.LayerGroup;
import thaw.resnet.Network;

/** Finds the first parameter, image or layer output that is infinite or NaN, and describes it for a message. */
record FirstNonFinite(Network net, List<LayerGroup> groups) {

    /**
     * Describes the cause after at least one step: looks at the parameters, then at the batch's images, then at the
     * layers' outputs for the batch.
     *
     * @param batch the batch; null to look at the parameters and running statistics only
     */
    String describe(@Nullable Batch batch) {
        return parameter().map(found -> found + ", so the last step was too large")
                .or(() -> batch == null ? among(net.namedBuffers(), "running statistic") : input(batch).or(() -> output(batch)))
                .orElse("all parameters are finite" + (batch == null ? "" : ", and all layers' outputs; the loss alone is not"));
    }

    /** Like {@link #describe}, before the first step, when the learning rate cannot be the cause. */
    String describeFirst(Batch batch) {
        return "before the first step, so no learning rate is the cause: "
                + parameter().map(found -> found + "; start from other weights")
                        .or(() -> input(batch))
                        .or(() -> output(batch).map(found -> found + ", so activations overflow; start from other weights"))
                        .orElse("all parameters and all layers' outputs are finite, the loss alone is not: check the loss function");
    }

    /**
     * The exception for a loss that is infinite or NaN.
     *
     * @param loss  the loss and its place, such as "the loss is NaN in epoch 1, batch 2"
     * @param rates the learning rates of the layer groups
     * @param batch see {@link #describe}
     */
    DivergenceException divergence(String loss, List<Double> rates, @Nullable Batch batch) {
        String shown = rates.stream().map(rate -> String.format(Locale.ROOT, "%.3g", rate)).collect(joining(", "));
        return new DivergenceException(loss + ", at learning rates " + shown + "; " + describe(batch) + ". The network's weights are"
                + " unusable: start again from the pretrained weights or the last checkpoint with lower rates, for example a tenth");
    }

    /**
     * The exception for a batch's loss that is infinite or NaN.
     *
     * @param epoch       the epoch's number, from 1
     * @param images      the batch; null if it cannot be read again
     * @param inFirstStep whether no step was taken before
     */
    DivergenceException divergence(EpochLosses.OfBatch bad, int epoch, @Nullable Batch images, boolean inFirstStep) {
        String loss = "the loss is " + bad.value() + " in epoch " + epoch + ", batch " + bad.batch();
        return inFirstStep && images != null ? new DivergenceException(loss + ", " + describeFirst(images))
                : divergence(loss, bad.rates(), images);
    }

    /**
     * Checks the loss of a validation.
     *
     * @param epoch the number of the epoch before it, from 1
     * @param rates the learning rates of that epoch's last step
     * @throws DivergenceException if it is infinite or NaN
     */
    void require(Evaluation valid, int epoch, List<Double> rates) {
        if (!Double.isFinite(valid.loss())) {
            int[] undefined = valid.predictions().undefined();
            throw divergence("the validation loss is " + valid.loss() + " after epoch " + epoch + (undefined.length == 0 ? ""
                    : ", for " + undefined.length + " of " + valid.predictions().size() + " images, the first "
                            + valid.predictions().samples().get(undefined[0]).file()),
                    rates, null);
        }
    }

    private Optional<String> parameter() {
        return among(net.namedParameters(), "parameter");
    }

    private Optional<String> among(Map<String, Tensor> tensors, String what) {
        List<String> bad = tensors.entrySet().stream().filter(e -> !isFinite(e.getValue().toFloats())).map(Map.Entry::getKey)
                .toList();
        return bad.stream().findFirst().map(name -> "the first " + what + " that is not finite is " + name + inGroup(name)
                + ", one of " + bad.size() + " of " + tensors.size());
    }

    private static Optional<String> input(Batch batch) {
        int length = batch.images().length / batch.size();
        for (int i = 0; i < batch.images().length; i++) {
            if (!Float.isFinite(batch.images()[i])) {
                Path file = batch.files().get(i / length);
                return Optional.of(batch.side() == 0
                        ? "the frozen layers' output is not finite, first for " + file + "; start from other weights"
                        : "the images themselves are not finite, first " + file + "; check their preparation");
            }
        }
        return Optional.empty();
    }

    /**
     * Repeats the forward pass with a hook on every layer. The hooks of inner layers run before those of the modules that
     * contain them.
     */
    private Optional<String> output(Batch batch) {
        List<String> bad = new ArrayList<>();
        List<ForwardHook.Registration> hooks = new ArrayList<>();
        net.namedModules().forEach((name, module) -> hooks.add(module.onForward((Module m, Tensor y) -> {
            if (bad.isEmpty() && !isFinite(y.toFloats())) {
                bad.add(name);
            }
        })));
        try (NoGrad off = net.device().noGrad(); Scope scope = net.device().scope()) {
            batch.scores(net);
        } finally {
            hooks.forEach(ForwardHook.Registration::close);
        }
        return bad.stream().findFirst().map(name -> "the first layer whose output is not finite is "
                + (name.isEmpty() ? "the network" : name) + inGroup(name) + "; all parameters are still finite");
    }

    private String inGroup(String name) {
        return groups.stream().filter(g -> g.contains(name)).findFirst().map(g -> " in group " + g.name()).orElse("");
    }

    static boolean isFinite(float[] values) {
        for (float v : values) {
            if (!Float.isFinite(v)) {
                return false;
            }
        }
        return true;
    }
}
