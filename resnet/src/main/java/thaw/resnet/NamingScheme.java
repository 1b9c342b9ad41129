package thaw.resnet;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A library's names for the tensors of a residual network's body, and their mapping to torchvision's. */
enum NamingScheme {

    /** torchvision's names, which timm, MMPretrain and the widely used CIFAR-10 networks share. */
    TORCHVISION(ResNet.STEM + ".weight", ResNet.STEM + ".0.weight") {
        @Override
        UnaryOperator<String> torchvisionNames(Collection<String> names) {
            Pattern body = Pattern.compile("(conv1|bn1|maxpool|layer\\d+)\\..+");
            return name -> body.matcher(name).matches() ? name : null;
        }
    },

    /** Hugging Face's names: {@code embedder.embedder.convolution}, {@code encoder.stages.0.layers.0.layer.0.convolution}. */
    TRANSFORMERS("embedder.embedder.convolution.weight") {
        @Override
        UnaryOperator<String> torchvisionNames(Collection<String> names) {
            Pattern block = Pattern.compile("encoder\\.stages\\.(\\d+)\\.layers\\.(\\d+)\\."
                    + "(?:layer\\.(\\d+)|shortcut)\\.(convolution|normalization)\\.(\\w+)");
            Pattern stem = Pattern.compile("embedder\\.embedder\\.(convolution|normalization)\\.(\\w+)");
            return name -> {
                Matcher inStem = stem.matcher(name);
                if (inStem.matches()) {
                    return layer(inStem.group(1)) + "1." + inStem.group(2);
                }
                Matcher inBlock = block.matcher(name);
                if (inBlock.matches()) {
                    String path = "layer" + (Integer.parseInt(inBlock.group(1)) + 1) + "." + inBlock.group(2) + ".";
                    return inBlock.group(3) == null
                            ? path + "downsample." + (inBlock.group(4).equals("convolution") ? 0 : 1) + "." + inBlock.group(5)
                            : path + layer(inBlock.group(4)) + (Integer.parseInt(inBlock.group(3)) + 1) + "." + inBlock.group(5);
                }
                return name.startsWith("embedder.") || name.startsWith("encoder.") ? name : null;
            };
        }

        private String layer(String kind) {
            return kind.equals("convolution") ? "conv" : "bn";
        }
    },

    /**
     * The names of the network's children in a {@code Sequential}, as in fastai's models: {@code 0} is the stem's convolution,
     * the next child with tensors is its batch norm, and the children with blocks are the stages.
     */
    NUMBERED("0.weight") {
        @Override
        UnaryOperator<String> torchvisionNames(Collection<String> names) {
            Pattern child = Pattern.compile("(\\d{1,4})\\.(.+)");
            TreeSet<Integer> stages = new TreeSet<>();
            TreeSet<Integer> others = new TreeSet<>();
            for (String name : names) {
                Matcher m = child.matcher(name);
                if (m.matches()) {
                    (m.group(2).matches("\\d+\\.conv1\\.weight") ? stages : others).add(Integer.valueOf(m.group(1)));
                }
            }
            others.removeAll(stages);
            Map<Integer, String> modules = new HashMap<>();
            List<Integer> beside = List.copyOf(others);
            for (int i = 0; i < Math.min(2, beside.size()); i++) {
                modules.put(beside.get(i), i == 0 ? ResNet.STEM : "bn1");
            }
            for (int stage : stages) {
                modules.put(stage, "layer" + (stages.headSet(stage).size() + 1));
            }
            return name -> {
                Matcher m = child.matcher(name);
                String module = m.matches() ? modules.get(Integer.valueOf(m.group(1))) : null;
                return module == null ? null : module + "." + m.group(2);
            };
        }
    };

    private final List<String> stems;

    NamingScheme(String... stems) {
        this.stems = List.of(stems);
    }

    /** The names that the weight of the stem's first convolution may have. */
    List<String> stems() {
        return stems;
    }

    /**
     * A function from a name to torchvision's name for the same tensor. It returns null for a tensor outside the body, and the
     * name itself for a tensor of the body that torchvision's network lacks.
     *
     * @param names all names of the network
     */
    abstract UnaryOperator<String> torchvisionNames(Collection<String> names);
}
