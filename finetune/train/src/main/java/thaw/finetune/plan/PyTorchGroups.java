package thaw.finetune.plan;

import java.util.List;
import java.util.stream.Collectors;
import thaw.resnet.Granularity;
import thaw.resnet.GroupTable;

/** Layer groups and their rates as PyTorch's code. */
public final class PyTorchGroups {

    private PyTorchGroups() {
    }

    /**
     * The parameter groups as Python, for a network {@code net} of torchvision or timm; groups with the rate 0 are left out.
     *
     * @param rates of the groups, in order
     */
    public static String code(List<GroupTable.Group> groups, List<Double> rates, Granularity granularity) {
        // The module of a layer: its block, layer1.0, or its stage, layer1.
        String inner = granularity == Granularity.BLOCKS ? "(?<=layer\\d{1,2}\\.\\d{1,2})\\..*" : "\\..*";
        StringBuilder code = new StringBuilder("""
                def parameters(*names):
                    return [p for name in names for p in net.get_submodule(name).parameters()]

                optimizer = torch.optim.SGD([
                """);
        for (int i = 0; i < groups.size(); i++) {
            if (rates.get(i) > 0) {
                String modules = groups.get(i).layers().stream().filter(layer -> layer.parameters() > 0)
                        .map(layer -> layer.name().replaceFirst(inner, "")).distinct()
                        .map(name -> '"' + name + '"').collect(Collectors.joining(", "));
                code.append("    {\"params\": parameters(").append(modules).append("), \"lr\": ").append(rates.get(i)).append("},  # ")
                        .append(groups.get(i).name()).append('\n');
            }
        }
        return code.append("], lr=").append(rates.get(rates.size() - 1)).append(", momentum=0.9, weight_decay=1e-4)").toString();
    }
}
