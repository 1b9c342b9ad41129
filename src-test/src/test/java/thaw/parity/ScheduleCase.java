package thaw.parity;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import thaw.engine.Device;
import thaw.engine.optim.Anneal;
import thaw.engine.optim.CosineAnnealing;
import thaw.engine.optim.CosineAnnealingWarmRestarts;
import thaw.engine.optim.MultiStepLR;
import thaw.engine.optim.OneCycle;
import thaw.engine.optim.ParamGroup;
import thaw.engine.optim.SGD;
import thaw.engine.optim.Schedule;
import thaw.engine.optim.StepLR;
import thaw.kernels.Shape;

/** A case of a schedule: learning rate and momentum of each group at each step. */
final class ScheduleCase {

    private static final double BAR = 1e-6;

    private ScheduleCase() {
    }

    static void run(String name, JsonNode node, Device device) {
        List<ParamGroup> groups = new ArrayList<>();
        for (JsonNode base : node.get("base")) {
            groups.add(ParamGroup.group("group " + groups.size(), device.zeros(Shape.of(1)).requiresGrad(true))
                    .lr(base.asDouble()).momentum(0.9));
        }
        SGD sgd = new SGD(groups.toArray(new ParamGroup[0]));
        Schedule schedule = schedule(name, node.get("op").asText(), node.get("attrs"));
        for (int step = 0; step < node.get("rows").size(); step++) {
            sgd.follow(schedule, step);
            JsonNode row = node.get("rows").get(step);
            for (int g = 0; g < groups.size(); g++) {
                String where = name + ", step " + step + ", group " + g;
                assertClose(where + ", lr", row.get(g).get(0).asDouble(), groups.get(g).lr());
                assertClose(where + ", momentum", row.get(g).get(1).asDouble(), groups.get(g).momentum());
            }
        }
    }

    private static Schedule schedule(String name, String op, JsonNode a) {
        return switch (op) {
            case "CosineAnnealingWarmRestarts" -> new CosineAnnealingWarmRestarts(a.get("T_0").asInt(), a.path("T_mult").asInt(1),
                    a.path("eta_min").asDouble(0));
            case "CosineAnnealingLR" -> new CosineAnnealing(a.get("T_max").asInt(), a.path("eta_min").asDouble(0));
            case "StepLR" -> new StepLR(a.get("step_size").asInt(), a.path("gamma").asDouble(0.1));
            case "MultiStepLR" -> {
                List<Integer> milestones = new ArrayList<>();
                a.get("milestones").forEach(m -> milestones.add(m.asInt()));
                yield new MultiStepLR(milestones, a.path("gamma").asDouble(0.1));
            }
            case "OneCycleLR" -> OneCycle.of(a.get("total_steps").asInt(), a.path("pct_start").asDouble(0.3),
                    a.path("anneal_strategy").asText("cos").equals("linear") ? Anneal.LINEAR : Anneal.COSINE,
                    a.path("div_factor").asDouble(25), a.path("final_div_factor").asDouble(1e4),
                    a.path("base_momentum").asDouble(0.85), a.path("max_momentum").asDouble(0.95));
            default -> throw new AssertionError(name + ": unknown schedule \"" + op + "\"");
        };
    }

    private static void assertClose(String where, double expected, double got) {
        // PyTorch's recursive cosine gives 1e-17 where the closed form gives 0
        if (!(Math.abs(got - expected) <= BAR * Math.abs(expected) + 1e-15)) {
            throw new AssertionError(where + ": expected " + expected + ", got " + got);
        }
    }
}
