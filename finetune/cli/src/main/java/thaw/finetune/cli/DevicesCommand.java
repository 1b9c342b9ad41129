package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import picocli.CommandLine.Command;
import thaw.engine.Device;
import thaw.kernels.BackendProvider;
import thaw.kernels.DeviceException;

/** {@code thaw devices}: lists the compute devices, or the reason why there is no OpenCL. */
@Command(name = "devices", sortOptions = false, customSynopsis = "thaw devices [OPTIONS]",
        description = "Lists the compute devices: names for --device.",
        footer = {"", "Example: thaw devices"})
final class DevicesCommand extends Subcommand {

    @Override
    public Integer call() {
        ObjectNode json = OutputOptions.object();
        List<BackendProvider> kinds = new ArrayList<>(Device.providers());
        kinds.removeIf(kind -> kind.preference() < 0);
        Collections.reverse(kinds);
        kinds.forEach(kind -> list(kind, json));
        output.result(json);
        return 0;
    }

    /** Lists a kind's devices; in the JSON result, the only one of a name that is the kind's is an object, others are an array. */
    private void list(BackendProvider kind, ObjectNode json) {
        List<BackendProvider.Offer> offers = List.of();
        String problem = null;
        try {
            offers = kind.devices();
        } catch (DeviceException none) {
            problem = none.getMessage();
            output.text(String.format("no %-7s %s", kind.name(), String.valueOf(problem).replaceFirst("^OpenCL: ", "")));
        }
        for (BackendProvider.Offer offer : offers) {
            output.text(String.format("%-10s %s", offer.device(), offer.description().replaceFirst("^" + kind.name() + ", ", "")
                    .replace("\n", "\n" + " ".repeat(11))));
        }
        if (offers.size() == 1 && offers.get(0).device().equals(kind.name())) {
            json.set(kind.name(), json(offers.get(0)));
        } else {
            ArrayNode devices = json.putArray(kind.name());
            offers.forEach(offer -> devices.add(json(offer)));
            json.put(kind.name() + "_problem", problem);
        }
    }

    private static ObjectNode json(BackendProvider.Offer offer) {
        ObjectNode json = OutputOptions.object().put("name", offer.device());
        offer.properties().forEach(json::putPOJO);
        return json;
    }
}
