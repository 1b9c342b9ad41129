package thaw.parity;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import thaw.engine.Device;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.optim.ParamGroup;
import thaw.engine.optim.SGD;

/** A case of SGD: steps of several groups, in which some parameters have no gradient in some steps. */
final class SgdCase {

    private static final double BAR = 1e-6;

    private SgdCase() {
    }

    static void run(ParityCase c, Device device) {
        try (Scope scope = device.scope()) {
            List<ParamGroup> groups = new ArrayList<>();
            for (JsonNode options : c.attrs().get("groups")) {
                groups.add(group(c, device, groups.size(), options));
            }
            try (SGD sgd = new SGD(groups.toArray(new ParamGroup[0]))) {
                for (int step = 0; step < c.attrs().get("steps").asInt(); step++) {
                    step(c, sgd, step);
                }
            }
        }
    }

    private static ParamGroup group(ParityCase c, Device device, int index, JsonNode options) {
        List<Tensor> parameters = new ArrayList<>();
        while (c.has("p" + index + "." + parameters.size() + ".0")) {
            parameters.add(c.tensor(device, "p" + index + "." + parameters.size() + ".0").requiresGrad(true));
        }
        return ParamGroup.group("group " + index, parameters).lr(options.get("lr").asDouble())
                .momentum(options.get("momentum").asDouble()).set(SGD.DAMPENING, options.get("dampening").asDouble())
                .weightDecay(options.get("weight_decay").asDouble()).set(SGD.NESTEROV, options.get("nesterov").asBoolean())
                .set(SGD.MAXIMIZE, options.get("maximize").asBoolean());
    }

    private static void step(ParityCase c, SGD sgd, int step) {
        sgd.zeroGrad();
        for (int g = 0; g < sgd.groups().size(); g++) {
            ParamGroup group = sgd.groups().get(g);
            group.lr(c.attrs().get("lrs").get(step).get(g).asDouble());
            for (int i = 0; i < group.parameters().size(); i++) {
                String gradient = "g" + g + "." + i + "." + step;
                if (c.has(gradient)) {
                    Tensor p = group.parameters().get(i);
                    p.mul(1).backward(c.tensor(p.device(), gradient));
                }
            }
        }
        sgd.step();
        for (int g = 0; g < sgd.groups().size(); g++) {
            List<Tensor> parameters = sgd.groups().get(g).parameters();
            for (int i = 0; i < parameters.size(); i++) {
                c.assertClose("p" + g + "." + i + "." + (step + 1), parameters.get(i), BAR);
            }
        }
    }
}
