package thaw.resnet;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import thaw.engine.io.StoredTensor;
import thaw.kernels.Shape;

/**
 * The parameters that distinguish one residual network from another. A new architecture is one line in {@link #all()}.
 * Immutable.
 *
 * @param name          the name in torchvision and timm; {@code resnet20} and the like are the usual names for CIFAR-10
 * @param depths        the number of blocks of each stage
 * @param groups        the groups of the bottlenecks' 3×3 convolutions (Xie et al. 2017, "Aggregated residual
 *                      transformations")
 * @param widthPerGroup the channels of each of these groups per 64 channels of the stage's base width
 * @param variants      the differences from the network of this name; usually none
 */
public record Architecture(String name, Family family, BlockKind block, List<Integer> depths, int groups, int widthPerGroup,
        Set<Variant> variants) {

    /** The base width that {@link #widthPerGroup} refers to. */
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

    /** @throws IllegalArgumentException if the parameters describe no valid network */
    public Architecture {
        depths = List.copyOf(depths);
        variants = Set.copyOf(variants);
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
        if (block == BlockKind.BASIC && variants.contains(Variant.STRIDE_IN_1X1)) {
            throw new IllegalArgumentException("architecture " + name + ": basic blocks have no 1×1 convolution for the stride;"
                    + " " + Variant.STRIDE_IN_1X1.label() + " is a variant of bottlenecks, as in resnet50");
        }
    }

    /** An architecture without variants. */
    public Architecture(String name, Family family, BlockKind block, List<Integer> depths, int groups, int widthPerGroup) {
        this(name, family, block, depths, groups, widthPerGroup, Set.of());
    }

    private static Architecture imagenet(String name, BlockKind block, Integer... depths) {
        return new Architecture(name, Family.IMAGENET, block, List.of(depths), 1, BASE_WIDTH);
    }

    /** A CIFAR network of depth 6n + 2: three stages of n basic blocks, the stem and the classifier. */
    private static Architecture cifar(String name, int n) {
        return new Architecture(name, Family.CIFAR, BlockKind.BASIC, List.of(n, n, n), 1, BASE_WIDTH);
    }

    private Architecture grouped(int groups, int widthPerGroup) {
        return new Architecture(name, family, block, depths, groups, widthPerGroup);
    }

    /** All architectures known by name. */
    public static List<Architecture> all() {
        return ALL;
    }

    /**
     * The architecture of this name, without variants.
     *
     * @throws IllegalArgumentException naming the known architectures, if there is none of this name
     */
    public static Architecture byName(String name) {
        return ALL.stream().filter(a -> a.name.equals(name)).findFirst().orElseThrow(() -> new IllegalArgumentException(
                "unknown architecture \"" + name + "\"; known are " + names()));
    }

    /**
     * This architecture with further variants.
     *
     * @throws IllegalArgumentException if the network has no such variant
     */
    public Architecture with(Set<Variant> more) {
        Set<Variant> all = EnumSet.noneOf(Variant.class);
        all.addAll(variants);
        all.addAll(more);
        return new Architecture(name, family, block, depths, groups, widthPerGroup, all);
    }

    /** This architecture with one further variant; see {@link #with(Set)}. */
    public Architecture with(Variant variant) {
        return with(Set.of(variant));
    }

    /** This architecture without variants. */
    public Architecture usual() {
        return new Architecture(name, family, block, depths, groups, widthPerGroup);
    }

    static String names() {
        return ALL.stream().map(Architecture::name).collect(Collectors.joining(", "));
    }

    /**
     * The architecture of the first network among these weights, recognised by the names and shapes of its convolutions; see
     * {@link NetworkWeights}. Empty if there is none.
     *
     * @throws IllegalArgumentException if the weights are a file's that describes a network which Thaw cannot compute
     */
    public static Optional<Architecture> recognise(Map<String, ? extends StoredTensor> weights) {
        return NetworkWeights.allIn(weights).stream().findFirst().map(NetworkWeights::architecture);
    }

    /** Whether these are all convolution weights, by torchvision's names, for any number of input channels. */
    boolean hasConvolutions(Map<String, Shape> given) {
        Shape stem = given.get(ResNet.STEM + ".weight");
        if (stem == null || !hasStem(stem)) {
            return false;
        }
        Map<String, Shape> own = new LinkedHashMap<>();
        for (Layer layer : Outline.of(this, stem.dim(1), Head.LINEAR, 1, BASE_WIDTH, BASE_WIDTH).layers()) {
            if (layer.weight().rank() == 4) {
                own.put(layer.name() + ".weight", layer.weight());
            }
        }
        return own.equals(given);
    }

    /** Whether this may be the stem's weight, for any number of input channels. */
    boolean hasStem(Shape weight) {
        return weight.rank() == 4 && weight.dim(0) == family.width() && weight.dim(2) == family.stemKernel();
    }

    /** The number of stages. */
    public int stages() {
        return depths.size();
    }

    /** The output channels of stage {@code i}, counted from 0. */
    public int channels(int i) {
        return baseWidth(i) * block.expansion();
    }

    /** The output channels of the body, which the head pools. */
    public int features() {
        return channels(stages() - 1);
    }

    /** The channels of the 3×3 convolutions of stage {@code i}, counted from 0. */
    int innerChannels(int i) {
        return baseWidth(i) * widthPerGroup / BASE_WIDTH * groups;
    }

    private int baseWidth(int i) {
        return family.width() << i;
    }

    /** The stride of stage {@code i}'s first block: usually 2, which halves the image, in all stages but the first. */
    int stride(int i) {
        return i == 0 && !variants.contains(Variant.DOWNSAMPLE_IN_FIRST_STAGE) ? 1 : 2;
    }

    /** The part of a bottleneck's stride in its first 1×1 convolution; the rest is in the 3×3 convolution. */
    int strideIn1x1(int stride) {
        return variants.contains(Variant.STRIDE_IN_1X1) ? stride : 1;
    }

    @Override
    public String toString() {
        return variants.isEmpty() ? name : name + " (" + Variant.labels(variants) + ")";
    }
}
