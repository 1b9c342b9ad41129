package thaw.resnet;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import thaw.kernels.Shape;

/**
 * The parameters that distinguish one residual network from another. A new architecture is one line in {@link #all()}.
 * Immutable.
 *
 * @param name     the name in torchvision and timm; {@code resnet20} and the like are the usual names for CIFAR-10
 * @param depths   the number of blocks of each stage
 * @param variants the differences from the network of this name; usually none
 */
public record Architecture(String name, Family family, List<Integer> depths, Design design, Set<Variant> variants) {

    private static final List<Architecture> ALL = List.of(
            imagenet("resnet18", BlockKind.BASIC, 2, 2, 2, 2),
            imagenet("resnet34", BlockKind.BASIC, 3, 4, 6, 3),
            imagenet("resnet26", BlockKind.BOTTLENECK, 2, 2, 2, 2),
            imagenet("resnet50", BlockKind.BOTTLENECK, 3, 4, 6, 3),
            imagenet("resnet101", BlockKind.BOTTLENECK, 3, 4, 23, 3),
            imagenet("resnet152", BlockKind.BOTTLENECK, 3, 8, 36, 3),
            imagenet("resnet200", BlockKind.BOTTLENECK, 3, 24, 36, 3),
            imagenet("wide_resnet50_2", BlockKind.BOTTLENECK, 3, 4, 6, 3).grouped(1, 128),
            imagenet("wide_resnet101_2", BlockKind.BOTTLENECK, 3, 4, 23, 3).grouped(1, 128),
            imagenet("resnext50_32x4d", BlockKind.BOTTLENECK, 3, 4, 6, 3).grouped(32, 4),
            imagenet("resnext101_32x4d", BlockKind.BOTTLENECK, 3, 4, 23, 3).grouped(32, 4),
            imagenet("resnext101_32x8d", BlockKind.BOTTLENECK, 3, 4, 23, 3).grouped(32, 8),
            imagenet("resnext101_32x16d", BlockKind.BOTTLENECK, 3, 4, 23, 3).grouped(32, 16),
            imagenet("resnext101_32x32d", BlockKind.BOTTLENECK, 3, 4, 23, 3).grouped(32, 32),
            imagenet("resnext101_32x48d", BlockKind.BOTTLENECK, 3, 4, 23, 3).grouped(32, 48),
            imagenet("resnext101_64x4d", BlockKind.BOTTLENECK, 3, 4, 23, 3).grouped(64, 4),
            imagenet("resnet50c", BlockKind.BOTTLENECK, 3, 4, 6, 3).with(Stem.DEEP),
            imagenet("resnet101c", BlockKind.BOTTLENECK, 3, 4, 23, 3).with(Stem.DEEP),
            imagenet("resnet152c", BlockKind.BOTTLENECK, 3, 8, 36, 3).with(Stem.DEEP),
            imagenet("resnet50s", BlockKind.BOTTLENECK, 3, 4, 6, 3).with(Stem.DEEP_WIDE),
            imagenet("resnet101s", BlockKind.BOTTLENECK, 3, 4, 23, 3).with(Stem.DEEP_WIDE),
            imagenet("resnet152s", BlockKind.BOTTLENECK, 3, 8, 36, 3).with(Stem.DEEP_WIDE),
            imagenet("resnet18d", BlockKind.BASIC, 2, 2, 2, 2).averaged(Stem.DEEP),
            imagenet("resnet34d", BlockKind.BASIC, 3, 4, 6, 3).averaged(Stem.DEEP),
            imagenet("resnet26d", BlockKind.BOTTLENECK, 2, 2, 2, 2).averaged(Stem.DEEP),
            imagenet("resnet50d", BlockKind.BOTTLENECK, 3, 4, 6, 3).averaged(Stem.DEEP),
            imagenet("resnet101d", BlockKind.BOTTLENECK, 3, 4, 23, 3).averaged(Stem.DEEP),
            imagenet("resnet152d", BlockKind.BOTTLENECK, 3, 8, 36, 3).averaged(Stem.DEEP),
            imagenet("resnet200d", BlockKind.BOTTLENECK, 3, 24, 36, 3).averaged(Stem.DEEP),
            imagenet("resnext50d_32x4d", BlockKind.BOTTLENECK, 3, 4, 6, 3).grouped(32, 4).averaged(Stem.DEEP),
            imagenet("resnet10t", BlockKind.BASIC, 1, 1, 1, 1).averaged(Stem.DEEP_TIERED),
            imagenet("resnet14t", BlockKind.BOTTLENECK, 1, 1, 1, 1).averaged(Stem.DEEP_TIERED),
            imagenet("resnet26t", BlockKind.BOTTLENECK, 2, 2, 2, 2).averaged(Stem.DEEP_TIERED),
            imagenet("resnet50t", BlockKind.BOTTLENECK, 3, 4, 6, 3).averaged(Stem.DEEP_TIERED),
            imagenet("seresnet18", BlockKind.BASIC, 2, 2, 2, 2).with(Attention.SQUEEZE_16),
            imagenet("seresnet34", BlockKind.BASIC, 3, 4, 6, 3).with(Attention.SQUEEZE_16),
            imagenet("seresnet50", BlockKind.BOTTLENECK, 3, 4, 6, 3).with(Attention.SQUEEZE_16),
            imagenet("seresnet101", BlockKind.BOTTLENECK, 3, 4, 23, 3).with(Attention.SQUEEZE_16),
            imagenet("seresnet152", BlockKind.BOTTLENECK, 3, 8, 36, 3).with(Attention.SQUEEZE_16),
            imagenet("seresnet50d", BlockKind.BOTTLENECK, 3, 4, 6, 3).averaged(Stem.DEEP).with(Attention.SQUEEZE_16),
            imagenet("seresnet152d", BlockKind.BOTTLENECK, 3, 8, 36, 3).averaged(Stem.DEEP).with(Attention.SQUEEZE_16),
            imagenet("seresnet200d", BlockKind.BOTTLENECK, 3, 24, 36, 3).averaged(Stem.DEEP).with(Attention.SQUEEZE_16),
            imagenet("seresnet269d", BlockKind.BOTTLENECK, 3, 30, 48, 8).averaged(Stem.DEEP).with(Attention.SQUEEZE_16),
            imagenet("seresnet50t", BlockKind.BOTTLENECK, 3, 4, 6, 3).averaged(Stem.DEEP_TIERED).with(Attention.SQUEEZE_16),
            imagenet("seresnext50_32x4d", BlockKind.BOTTLENECK, 3, 4, 6, 3).grouped(32, 4).with(Attention.SQUEEZE_16),
            imagenet("seresnext101_32x4d", BlockKind.BOTTLENECK, 3, 4, 23, 3).grouped(32, 4).with(Attention.SQUEEZE_16),
            imagenet("seresnext101_32x8d", BlockKind.BOTTLENECK, 3, 4, 23, 3).grouped(32, 8).with(Attention.SQUEEZE_16),
            imagenet("seresnext101_64x4d", BlockKind.BOTTLENECK, 3, 4, 23, 3).grouped(64, 4).with(Attention.SQUEEZE_16),
            imagenet("seresnext26d_32x4d", BlockKind.BOTTLENECK, 2, 2, 2, 2).grouped(32, 4).averaged(Stem.DEEP).with(Attention.SQUEEZE_16),
            imagenet("seresnext101d_32x8d", BlockKind.BOTTLENECK, 3, 4, 23, 3).grouped(32, 8).averaged(Stem.DEEP)
                    .with(Attention.SQUEEZE_16),
            imagenet("seresnext201d_32x8d", BlockKind.BOTTLENECK, 3, 24, 36, 4).grouped(32, 8).averaged(Stem.DEEP_WIDE)
                    .with(Attention.SQUEEZE_16),
            imagenet("seresnext26t_32x4d", BlockKind.BOTTLENECK, 2, 2, 2, 2).grouped(32, 4).averaged(Stem.DEEP_TIERED)
                    .with(Attention.SQUEEZE_16),
            imagenet("senet154", BlockKind.HALVED_BOTTLENECK, 3, 8, 36, 3).grouped(64, 4).with(Stem.DEEP_WIDE).with(Shortcut.PROJECTED_3X3)
                    .with(Attention.SQUEEZE_16),
            imagenet("ecaresnet50d", BlockKind.BOTTLENECK, 3, 4, 6, 3).averaged(Stem.DEEP).with(Attention.EFFICIENT),
            imagenet("ecaresnet101d", BlockKind.BOTTLENECK, 3, 4, 23, 3).averaged(Stem.DEEP).with(Attention.EFFICIENT),
            imagenet("ecaresnet200d", BlockKind.BOTTLENECK, 3, 24, 36, 3).averaged(Stem.DEEP).with(Attention.EFFICIENT),
            imagenet("ecaresnet269d", BlockKind.BOTTLENECK, 3, 30, 48, 8).averaged(Stem.DEEP).with(Attention.EFFICIENT),
            imagenet("ecaresnet26t", BlockKind.BOTTLENECK, 2, 2, 2, 2).averaged(Stem.DEEP_TIERED).with(Attention.EFFICIENT),
            imagenet("ecaresnet50t", BlockKind.BOTTLENECK, 3, 4, 6, 3).averaged(Stem.DEEP_TIERED).with(Attention.EFFICIENT),
            imagenet("ecaresnetlight", BlockKind.BOTTLENECK, 1, 1, 11, 3).with(Shortcut.AVERAGED).with(Attention.EFFICIENT),
            imagenet("ecaresnext26t_32x4d", BlockKind.BOTTLENECK, 2, 2, 2, 2).grouped(32, 4).averaged(Stem.DEEP_TIERED)
                    .with(Attention.EFFICIENT),
            imagenet("resnetrs50", BlockKind.BOTTLENECK, 3, 4, 6, 3).averaged(Stem.DEEP_CONV_POOL).with(Attention.SQUEEZE_4),
            imagenet("resnetrs101", BlockKind.BOTTLENECK, 3, 4, 23, 3).averaged(Stem.DEEP_CONV_POOL).with(Attention.SQUEEZE_4),
            imagenet("resnetrs152", BlockKind.BOTTLENECK, 3, 8, 36, 3).averaged(Stem.DEEP_CONV_POOL).with(Attention.SQUEEZE_4),
            imagenet("resnetrs200", BlockKind.BOTTLENECK, 3, 24, 36, 3).averaged(Stem.DEEP_CONV_POOL).with(Attention.SQUEEZE_4),
            imagenet("resnetrs270", BlockKind.BOTTLENECK, 4, 29, 53, 4).averaged(Stem.DEEP_CONV_POOL).with(Attention.SQUEEZE_4),
            imagenet("resnetrs350", BlockKind.BOTTLENECK, 4, 36, 72, 4).averaged(Stem.DEEP_CONV_POOL).with(Attention.SQUEEZE_4),
            imagenet("resnetrs420", BlockKind.BOTTLENECK, 4, 44, 87, 4).averaged(Stem.DEEP_CONV_POOL).with(Attention.SQUEEZE_4),
            cifar("resnet20", 3),
            cifar("resnet32", 5),
            cifar("resnet44", 7),
            cifar("resnet56", 9),
            cifar("resnet110", 18));

    /** timm's names of networks with pools in place of strides. */
    private static final Pattern ANTI_ALIASED = Pattern.compile("((?:se)?res(?:net|next))(aa|blur)(\\d+\\w*)");

    /** @throws IllegalArgumentException if the parameters describe no valid network */
    public Architecture {
        depths = List.copyOf(depths);
        variants = Set.copyOf(variants);
        if (depths.isEmpty() || depths.stream().anyMatch(d -> d < 1)) {
            throw new IllegalArgumentException("architecture " + name + ": every stage needs at least one block, got " + depths);
        }
        variants.stream().sorted().filter(variant -> !variant.fits(design)).findFirst().ifPresent(variant -> {
            throw new IllegalArgumentException("architecture " + name + ": " + variant.label() + " is a variant of "
                    + (variant == Variant.STRIDE_IN_1X1 ? "bottlenecks, as in resnet50; basic blocks have no 1×1 convolution for the"
                            + " stride" : "stems with a maximum pool, as in resnet50d; this one has a convolution in its place"));
        });
        long places = variants.stream().filter(variant -> variant != Variant.DOWNSAMPLE_IN_FIRST_STAGE).count();
        if (places > 1) {
            throw new IllegalArgumentException("architecture " + name + ": the stride is in one place, got the variants "
                    + Variant.labels(variants) + "; expected one of " + Variant.STRIDE_IN_1X1.label() + ", "
                    + Variant.AVERAGE_POOL.label() + " and " + Variant.BLUR_POOL.label());
        }
    }

    /** An architecture with the family's usual stem and shortcuts, without variants. */
    public Architecture(String name, Family family, BlockKind block, List<Integer> depths, int groups, int widthPerGroup) {
        this(name, family, depths, family.design(block, groups, widthPerGroup), Set.of());
    }

    private static Architecture imagenet(String name, BlockKind block, Integer... depths) {
        return new Architecture(name, Family.IMAGENET, block, List.of(depths), 1, Design.BASE_WIDTH);
    }

    /** A CIFAR network of depth 6n + 2: three stages of n basic blocks, the stem and the classifier. */
    private static Architecture cifar(String name, int n) {
        return new Architecture(name, Family.CIFAR, BlockKind.BASIC, List.of(n, n, n), 1, Design.BASE_WIDTH);
    }

    private Architecture of(Design other) {
        return new Architecture(name, family, depths, other, variants);
    }

    private Architecture grouped(int groups, int widthPerGroup) {
        return of(design.grouped(groups, widthPerGroup));
    }

    private Architecture with(Stem stem) {
        return of(design.with(stem));
    }

    private Architecture with(Shortcut shortcut) {
        return of(design.with(shortcut));
    }

    private Architecture with(Attention attention) {
        return of(design.with(attention));
    }

    /** "ResNet-D" with one of the deep stems. */
    private Architecture averaged(Stem stem) {
        return with(stem).with(Shortcut.AVERAGED);
    }

    /** All architectures known by name. */
    public static List<Architecture> all() {
        return ALL;
    }

    /**
     * The architecture of this name. timm's names of networks with pools in place of strides, such as {@code resnetaa50d} and
     * {@code resnetblur18}, stand for a {@linkplain Variant variant} of the network without {@code aa} or {@code blur}, which has
     * the same tensors.
     *
     * @throws IllegalArgumentException naming the known architectures, if there is none of this name
     */
    public static Architecture byName(String name) {
        return find(name).orElseThrow(() -> new IllegalArgumentException("unknown architecture \"" + name + "\"; known are "
                + names() + ", and with pools in place of strides resnetaa50, resnetblur50 and so on"));
    }

    /** Like {@link #byName}; empty if there is none of this name. */
    public static Optional<Architecture> find(String name) {
        Matcher pools = ANTI_ALIASED.matcher(name);
        if (pools.matches()) {
            return find(pools.group(1) + pools.group(3))
                    .map(a -> a.with(pools.group(2).equals("aa") ? Variant.AVERAGE_POOL : Variant.BLUR_POOL));
        }
        return ALL.stream().filter(a -> a.name.equals(name)).findFirst();
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
        return new Architecture(name, family, depths, design, all);
    }

    /** This architecture with one further variant; see {@link #with(Set)}. */
    public Architecture with(Variant variant) {
        return with(Set.of(variant));
    }

    /** This architecture without variants. */
    public Architecture usual() {
        return new Architecture(name, family, depths, design, Set.of());
    }

    static String names() {
        return ALL.stream().map(Architecture::name).collect(Collectors.joining(", "));
    }

    /** Whether these are all convolution weights, by torchvision's names, for any number of input channels. */
    boolean hasConvolutions(Map<String, Shape> given) {
        Shape stem = given.get(design.stem().first() + ".weight");
        if (stem == null || !hasStem(stem) || !IntStream.range(0, stages())
                .allMatch(i -> given.containsKey("layer" + (i + 1) + "." + (depths.get(i) - 1) + ".conv1.weight"))) {
            return false;
        }
        return convolutions(stem.dim(1)).equals(given);
    }

    /** The layers, for their names and weights; any image size will do. */
    List<Layer> layers(int inputChannels) {
        return Outline.of(this, inputChannels, Head.LINEAR, 1, Design.BASE_WIDTH, Design.BASE_WIDTH).layers();
    }

    /** The shapes of all convolution weights, by torchvision's names. */
    Map<String, Shape> convolutions(int inputChannels) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        for (Layer layer : layers(inputChannels)) {
            if (layer.weight().rank() == 4) {
                shapes.put(layer.name() + ".weight", layer.weight());
            }
        }
        return shapes;
    }

    /** Whether this may be the stem's weight, for any number of input channels. */
    boolean hasStem(Shape weight) {
        return weight.rank() == 4 && weight.dim(0) == design.stem().width(0) && weight.dim(2) == design.stem().kernel();
    }

    /** The number of stages. */
    public int stages() {
        return depths.size();
    }

    /** The output channels of stage {@code i}, counted from 0. */
    public int channels(int i) {
        return baseWidth(i) * design.block().expansion();
    }

    /** The output channels of the body, which the head pools. */
    public int features() {
        return channels(stages() - 1);
    }

    /** The channels of the 3×3 convolutions of stage {@code i}, counted from 0. */
    int innerChannels(int i) {
        return baseWidth(i) * design.widthPerGroup() / Design.BASE_WIDTH * design.groups();
    }

    /** The channels of a bottleneck's first convolution in stage {@code i}, counted from 0. */
    int firstChannels(int i) {
        return design.block() == BlockKind.HALVED_BOTTLENECK ? innerChannels(i) / 2 : innerChannels(i);
    }

    private int baseWidth(int i) {
        return family.width() << i;
    }

    /** The stride of stage {@code i}'s first block: usually 2, which halves the image, in all stages but the first. */
    int stride(int i) {
        return i == 0 && !variants.contains(Variant.DOWNSAMPLE_IN_FIRST_STAGE) ? 1 : 2;
    }

    /** Whether pools take the place of strides. */
    boolean isAntiAliased() {
        return variants.contains(Variant.AVERAGE_POOL) || variants.contains(Variant.BLUR_POOL);
    }

    /** The part of a block's stride in its first 3×3 convolution. */
    int strideIn3x3(int stride) {
        return isAntiAliased() ? 1 : stride / strideIn1x1(stride);
    }

    /** The part of a bottleneck's stride in its first 1×1 convolution. */
    int strideIn1x1(int stride) {
        return variants.contains(Variant.STRIDE_IN_1X1) ? stride : 1;
    }

    @Override
    public String toString() {
        return variants.isEmpty() ? name : name + " (" + Variant.labels(variants) + ")";
    }
}
