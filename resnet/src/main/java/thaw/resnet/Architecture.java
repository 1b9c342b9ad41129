package thaw.resnet;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import thaw.engine.io.StoredTensor;
import thaw.kernels.Shape;

/**
 * The numbers that tell one residual network from another. A new variant is a line in {@link #all()}.
 *
 * @param name          as torchvision and timm spell it; {@code resnet20} and the like as the CIFAR-10 ones are known
 * @param depths        the number of blocks of each stage
 * @param groups        of the bottlenecks' 3×3 convolutions (Xie et al. 2017, "Aggregated residual transformations")
 * @param widthPerGroup channels of each of these groups for every 64 of the stage's base width
 */
public record Architecture(String name, Family family, BlockKind block, List<Integer> depths, int groups, int widthPerGroup) {

    /** To this the width of a group relates. */
    private static final int BASE_WIDTH = 64;

    private static final List<Architecture> ALL = List.of(
            imagenet("resnet18", BlockKind.BASIC, 2, 2, 2, 2),
            imagenet("resnet34", BlockKind.BASIC, 3, 4, 6, 3),
            imagenet("resnet50", BlockKind.BOTTLENECK, 3, 4, 6, 3),
            imagenet("resnet101", BlockKind.BOTTLENECK, 3, 4, 23, 3),
            imagenet("resnet152", BlockKind.BOTTLENECK, 3, 8, 36, 3),
            imagenet("wide_resnet50_2", BlockKind.BOTTLENECK, 3, 4, 6, 3).grouped(1, 128),
            imagenet("wide_resnet101_2", BlockKind.BOTTLENECK, 3, 4, 23, 3).grouped(1, 128),
            imagenet("resnext50_32x4d", BlockKind.BOTTLENECK, 3, 4, 6, 3).grouped(32, 4),
            imagenet("resnext101_32x8d", BlockKind.BOTTLENECK, 3, 4, 23, 3).grouped(32, 8),
            cifar("resnet20", 3),
            cifar("resnet32", 5),
            cifar("resnet44", 7),
            cifar("resnet56", 9),
            cifar("resnet110", 18));

    /** @throws IllegalArgumentException if there is no such network */
    public Architecture {
        depths = List.copyOf(depths);
        if (depths.isEmpty() || depths.stream().anyMatch(d -> d < 1)) {
            throw new IllegalArgumentException("architecture " + name + ": every stage needs at least one block, got " + depths);
        }
        if (groups < 1 || widthPerGroup < 1) {
            throw new IllegalArgumentException("architecture " + name + ": groups and widthPerGroup must be at least 1, got "
                    + groups + " and " + widthPerGroup);
        }
        if (block == BlockKind.BASIC && (groups != 1 || widthPerGroup != BASE_WIDTH)) {
            throw new IllegalArgumentException("architecture " + name + ": basic blocks have one group of width " + BASE_WIDTH
                    + ", got " + groups + " of " + widthPerGroup + "; use bottlenecks");
        }
    }

    private static Architecture imagenet(String name, BlockKind block, Integer... depths) {
        return new Architecture(name, Family.IMAGENET, block, List.of(depths), 1, BASE_WIDTH);
    }

    /** Depth 6n + 2: three stages of n basic blocks, the stem and the classifier. */
    private static Architecture cifar(String name, int n) {
        return new Architecture(name, Family.CIFAR, BlockKind.BASIC, List.of(n, n, n), 1, BASE_WIDTH);
    }

    private Architecture grouped(int groups, int widthPerGroup) {
        return new Architecture(name, family, block, depths, groups, widthPerGroup);
    }

    /** All that are known by name. */
    public static List<Architecture> all() {
        return ALL;
    }

    /** @throws IllegalArgumentException naming those that there are, if there is none of this name */
    public static Architecture byName(String name) {
        return ALL.stream().filter(a -> a.name.equals(name)).findFirst().orElseThrow(() -> new IllegalArgumentException(
                "unknown architecture \"" + name + "\"; known are " + names()));
    }

    static String names() {
        return ALL.stream().map(Architecture::name).collect(Collectors.joining(", "));
    }

    /**
     * The architecture whose weights these are, told by the names and shapes of the convolutions; the number of the input's
     * channels and the head don't count.
     *
     * @param weights under any of the names that {@link WeightNames} knows
     */
    public static Optional<Architecture> recognise(Map<String, ? extends StoredTensor> weights) {
        Map<String, Shape> given = new LinkedHashMap<>();
        WeightNames.canonical(weights).forEach((name, tensor) -> {
            if (tensor.shape().rank() == 4) {
                given.put(name, tensor.shape());
            }
        });
        Shape stem = given.get(ResNet.STEM + ".weight");
        return stem == null ? Optional.empty()
                : ALL.stream().filter(a -> a.convolutionWeights(stem.dim(1)).equals(given)).findFirst();
    }

    private Map<String, Shape> convolutionWeights(int inputChannels) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        for (Layer layer : Outline.of(this, inputChannels, Head.LINEAR, 1, BASE_WIDTH, BASE_WIDTH).layers()) {
            if (layer.weight().rank() == 4) {
                shapes.put(layer.name() + ".weight", layer.weight());
            }
        }
        return shapes;
    }

    public int stages() {
        return depths.size();
    }

    /** Channels of stage {@code i}'s output, from 0. */
    public int channels(int i) {
        return baseWidth(i) * block.expansion();
    }

    /** Channels of the body's output, which the head pools. */
    public int features() {
        return channels(stages() - 1);
    }

    /** Channels of the 3×3 convolutions of stage {@code i}, from 0. */
    int innerChannels(int i) {
        return baseWidth(i) * widthPerGroup / BASE_WIDTH * groups;
    }

    private int baseWidth(int i) {
        return family.width() << i;
    }

    /** Stage {@code i}'s first block has this stride: all stages but the first halve the picture. */
    int stride(int i) {
        return i == 0 ? 1 : 2;
    }

    @Override
    public String toString() {
        return name;
    }
}
