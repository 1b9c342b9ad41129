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
 * The numbers that tell one residual network from another. A new variant is a line in {@link #all()}.
 *
 * @param name          as torchvision and timm spell it; {@code resnet20} and the like as the CIFAR-10 ones are known
 * @param depths        the number of blocks of each stage
 * @param groups        of the bottlenecks' 3×3 convolutions (Xie et al. 2017, "Aggregated residual transformations")
 * @param widthPerGroup channels of each of these groups for every 64 of the stage's base width
 * @param variants      in which it differs from the network of this name; usually none
 */
public record Architecture(String name, Family family, BlockKind block, List<Integer> depths, int groups, int widthPerGroup,
        Set<Variant> variants) {

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
            throw new IllegalArgumentException("architecture " + name + ": its blocks have no 1×1 convolution to take the stride;"
                    + " " + Variant.STRIDE_IN_1X1.label() + " is a variant of bottlenecks, as in resnet50");
        }
    }

    /** Without variants. */
    public Architecture(String name, Family family, BlockKind block, List<Integer> depths, int groups, int widthPerGroup) {
        this(name, family, block, depths, groups, widthPerGroup, Set.of());
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

    /**
     * In these variants too.
     *
     * @throws IllegalArgumentException if the network has no such variant
     */
    public Architecture with(Set<Variant> more) {
        Set<Variant> all = EnumSet.noneOf(Variant.class);
        all.addAll(variants);
        all.addAll(more);
        return new Architecture(name, family, block, depths, groups, widthPerGroup, all);
    }

    /** In this variant too; see {@link #with(Set)}. */
    public Architecture with(Variant variant) {
        return with(Set.of(variant));
    }

    /** The network of this name, in no variant. */
    public Architecture usual() {
        return new Architecture(name, family, block, depths, groups, widthPerGroup);
    }

    static String names() {
        return ALL.stream().map(Architecture::name).collect(Collectors.joining(", "));
    }

    /**
     * The architecture of the first network among these weights, told by the names and shapes of its convolutions; see
     * {@link NetworkWeights}.
     *
     * @throws IllegalArgumentException if the weights are a file's, which says that they are of a network that isn't computed here
     */
    public static Optional<Architecture> recognise(Map<String, ? extends StoredTensor> weights) {
        return NetworkWeights.allIn(weights).stream().findFirst().map(NetworkWeights::architecture);
    }

    /** Whether these are the shapes of all its convolutions' weights, by torchvision's names, for any number of input channels. */
    boolean hasConvolutions(Map<String, Shape> given) {
        Shape stem = given.get(ResNet.STEM + ".weight");
        if (stem == null || stem.rank() != 4 || stem.dim(0) != family.width() || stem.dim(2) != family.stemKernel()) {
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

    /** Stage {@code i}'s first block has this stride: usually all stages but the first halve the image. */
    int stride(int i) {
        return i == 0 && !variants.contains(Variant.DOWNSAMPLE_IN_FIRST_STAGE) ? 1 : 2;
    }

    /** The part of a bottleneck's stride that its first 1×1 convolution has; the 3×3 one has the rest. */
    int strideIn1x1(int stride) {
        return variants.contains(Variant.STRIDE_IN_1X1) ? stride : 1;
    }

    @Override
    public String toString() {
        return variants.isEmpty() ? name : name + " (" + Variant.labels(variants) + ")";
    }
}
