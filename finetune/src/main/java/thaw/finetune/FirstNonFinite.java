package thaw.finetune;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.nn.ForwardHook;
import thaw.engine.nn.Module;
import thaw.finetune.data.RawBatch;
import thaw.resnet.LayerGroup;
import thaw.resnet.ResNet;

/** Finds where in a network numbers first became infinite, or none at all. */
final class FirstNonFinite {

    private final ResNet net;
    private final List<LayerGroup> groups;

    FirstNonFinite(ResNet net, List<LayerGroup> groups) {
        this.net = net;
        this.groups = groups;
    }

    /**
     * Among the parameters, then the batch's images, then the layers' outputs for it; in a few words for a message.
     *
     * @param raw the batch, or null to look at the parameters alone
     */
    String describe(RawBatch raw) {
        return parameter().or(() -> raw == null ? Optional.empty() : input(raw).or(() -> output(raw)))
                .orElse("all parameters are finite" + (raw == null ? "" : ", and all layers' outputs; the loss alone is not"));
    }

    private Optional<String> parameter() {
        Map<String, Tensor> parameters = net.namedParameters();
        List<String> bad = parameters.entrySet().stream().filter(e -> !isFinite(e.getValue().toFloats())).map(Map.Entry::getKey)
                .toList();
        return bad.isEmpty() ? Optional.empty() : Optional.of("the first parameter that is not finite is " + bad.get(0) + inGroup(
                bad.get(0)) + ", one of " + bad.size() + " of " + parameters.size()
                + ", so the last step that was taken was too large");
    }

    private static Optional<String> input(RawBatch raw) {
        return isFinite(raw.images()) ? Optional.empty() : Optional.of("the images themselves are not finite; they are "
                + raw.files());
    }

    /** Runs the batch once more and listens to every layer; inner ones speak before those around them. */
    private Optional<String> output(RawBatch raw) {
        List<String> bad = new ArrayList<>();
        List<ForwardHook.Registration> hooks = new ArrayList<>();
        net.namedModules().forEach((name, module) -> hooks.add(module.onForward((Module m, Tensor y) -> {
            if (bad.isEmpty() && !isFinite(y.toFloats())) {
                bad.add(name);
            }
        })));
        try (NoGrad off = net.device().noGrad(); Scope scope = net.device().scope()) {
            Batch.of(net.device(), raw).scores(net);
        } finally {
            hooks.forEach(ForwardHook.Registration::close);
        }
        return bad.stream().findFirst().map(name -> "the first layer whose output is not finite is "
                + (name.isEmpty() ? "the network" : name) + inGroup(name) + "; all parameters still are finite");
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
