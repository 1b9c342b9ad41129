package thaw.resnet;

import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import thaw.engine.Device;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.kernels.Shape;

/**
 * A residual network found among the tensors of a weight file: its prefix, its architecture, and the tensors of its body and
 * head. Immutable.
 *
 * <p>It is recognised by the shapes of its convolutions, under any prefix ({@code backbone.}, {@code model.},
 * {@code encoder_q.}), by the names of torchvision, timm, Hugging Face transformers, or of a {@code Sequential} of its
 * children such as fastai's. The head is a linear layer that takes the body's features, whatever its name, or fastai's head.
 * If the weights are a {@link Weights}, the file's description of the network is used too; see {@link Variant}.
 */
public final class NetworkWeights {

    /** Words that mark the prefix of a moving average. */
    private static final Set<String> AVERAGE = Set.of("k", "key", "target", "momentum", "teacher", "ema");

    private final Body body;
    private final Optional<HeadWeights> head;
    private final List<String> others;
    private final Map<String, StoredTensor> left;

    /**
     * @param tensors by torchvision's names
     * @param names   the tensors' names in the file
     */
    private record Body(String prefix, Architecture architecture, Map<String, StoredTensor> tensors, Set<String> names) {
    }

    private NetworkWeights(Body body, Optional<HeadWeights> head, List<String> others, Map<String, StoredTensor> left) {
        this.body = body;
        this.head = head;
        this.others = others;
        this.left = Collections.unmodifiableMap(left);
    }

    private static NetworkWeights of(Body body, Collection<Body> all, Map<String, ? extends StoredTensor> weights) {
        List<String> others = all.stream().map(Body::prefix).filter(prefix -> !prefix.equals(body.prefix())).toList();
        Map<String, StoredTensor> left = new LinkedHashMap<>(weights);
        left.keySet().removeAll(body.names());
        Optional<HeadWeights> head = head(body, left, others);
        head.ifPresent(found -> left.keySet().removeAll(found.names()));
        return new NetworkWeights(body, head, others, left);
    }

    /**
     * The same tensors with further variants, which the file does not state.
     *
     * @throws IllegalArgumentException if the network has no such variant
     */
    public NetworkWeights with(Set<Variant> variants) {
        return new NetworkWeights(new Body(body.prefix(), body.architecture().with(variants), body.tensors(), body.names()), head,
                others, left);
    }

    /**
     * All networks among these weights, in the order of their stems. Networks whose prefix marks them as the moving average of
     * another come last: {@code encoder_k.}, {@code target_encoder.}, {@code momentum_encoder.}, {@code teacher.}, which
     * self-supervised learning keeps.
     *
     * @throws IllegalArgumentException if the weights' file describes a network that Thaw cannot compute
     */
    public static List<NetworkWeights> allIn(Map<String, ? extends StoredTensor> weights) {
        return allIn(weights, Architecture.all());
    }

    /**
     * The first network among these weights.
     *
     * @throws IllegalArgumentException if there is no known network, or the weights' file describes one that Thaw cannot
     *                                  compute
     */
    public static NetworkWeights in(Map<String, ? extends StoredTensor> weights) {
        return allIn(weights).stream().findFirst().orElseThrow(() -> new IllegalArgumentException(
                UnknownNetwork.describe(weights)));
    }

    /**
     * The network under a prefix.
     *
     * @param prefix with or without the final dot, and with or without a {@code module.} that wraps all names
     * @throws IllegalArgumentException naming the prefixes that have networks, if this is none of them
     */
    public static NetworkWeights in(Map<String, ? extends StoredTensor> weights, String prefix) {
        String given = prefix.isEmpty() || prefix.endsWith(".") ? prefix : prefix + ".";
        List<NetworkWeights> all = allIn(weights);
        return all.stream().filter(found -> found.prefix().equals(given)).findFirst()
                .or(() -> all.stream().filter(found -> given.equals("module." + found.prefix())).findFirst())
                .orElseThrow(() -> new IllegalArgumentException("there is no known network under the prefix \"" + prefix + "\"; "
                        + (all.isEmpty() ? UnknownNetwork.describe(weights) : "the weights have one under "
                                + all.stream().map(found -> "\"" + found.prefix() + "\"").collect(Collectors.joining(", ")))));
    }

    static List<NetworkWeights> allIn(Map<String, ? extends StoredTensor> weights, Collection<Architecture> known) {
        Set<Variant> variants = weights instanceof Weights file ? StatedNetwork.variants(file.metadata()) : Set.of();
        List<Architecture> candidates = variants.isEmpty() ? List.copyOf(known) : known.stream().map(a -> in(variants, a)).toList();
        Map<String, Body> bodies = new LinkedHashMap<>();
        weights.forEach((name, tensor) -> {
            for (NamingScheme scheme : NamingScheme.values()) {
                for (String stem : scheme.stems()) {
                    if ((name.equals(stem) || name.endsWith("." + stem)) && candidates.stream().anyMatch(a -> a.hasStem(tensor.shape()))) {
                        String prefix = name.substring(0, name.length() - stem.length());
                        body(weights, prefix, scheme, candidates).ifPresent(found -> bodies.putIfAbsent(prefix, found));
                    }
                }
            }
        });
        return bodies.values().stream().sorted(Comparator.comparing(found -> isAverage(found.prefix())))
                .map(found -> of(found, bodies.values(), weights)).toList();
    }

    private static boolean isAverage(String prefix) {
        return Arrays.stream(prefix.split("[._]")).anyMatch(AVERAGE::contains);
    }

    private static Architecture in(Set<Variant> variants, Architecture architecture) {
        return architecture.with(variants.stream().filter(variant -> variant.fits(architecture.design())).collect(Collectors.toSet()));
    }

    private static Optional<Body> body(Map<String, ? extends StoredTensor> weights, String prefix, NamingScheme scheme,
            List<Architecture> candidates) {
        List<String> under = weights.keySet().stream().filter(name -> name.startsWith(prefix)).toList();
        UnaryOperator<String> torchvision = scheme.torchvisionNames(
                under.stream().map(name -> name.substring(prefix.length())).toList());
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        Map<String, Shape> convolutions = new LinkedHashMap<>();
        Set<String> names = new LinkedHashSet<>();
        for (String name : under) {
            StoredTensor tensor = weights.get(name);
            String as = torchvision.apply(name.substring(prefix.length()));
            if (as == null || isProfilers(as)) {
                continue;
            }
            names.add(name);
            tensors.put(as, tensor);
            if (tensor.shape().rank() == 4) {
                convolutions.put(as, tensor.shape());
            }
        }
        return candidates.stream().filter(a -> a.hasConvolutions(convolutions)).filter(a -> isMadeOf(a, tensors.keySet()))
                .findFirst().map(a -> new Body(prefix, a, Collections.unmodifiableMap(MergedNorms.split(a, tensors)), names));
    }

    /** Whether a tensor is one that the profiler THOP leaves in every module it has counted. */
    private static boolean isProfilers(String name) {
        return name.endsWith(".total_ops") || name.endsWith(".total_params");
    }

    /** Whether all tensors belong to the architecture's modules; any other module in the body would change the result. */
    private static boolean isMadeOf(Architecture architecture, Collection<String> names) {
        Set<String> modules = new HashSet<>();
        architecture.layers(1).forEach(layer -> modules.add(layer.name()));
        return names.stream().allMatch(name -> modules.contains(name.substring(0, name.lastIndexOf('.'))));
    }

    /**
     * Finds the head inside the network's own module or, if no layer there takes the features, in the enclosing ones. Empty if
     * those contain several networks other than moving averages, because a layer there may take the features of all.
     */
    private static Optional<HeadWeights> head(Body body, Map<String, StoredTensor> beside, List<String> others) {
        Map<String, StoredTensor> inside = new LinkedHashMap<>();
        Map<String, StoredTensor> all = new LinkedHashMap<>();
        beside.forEach((name, tensor) -> {
            boolean own = name.startsWith(body.prefix());
            boolean isOthers = others.stream().anyMatch(other -> name.startsWith(other)
                    && (!own || other.length() > body.prefix().length()));
            if (!isOthers && !isProfilers(name) && tensor.hasShape()) {
                all.put(name, tensor);
                if (own) {
                    inside.put(name, tensor);
                }
            }
        });
        int features = body.architecture().features();
        boolean hasOwn = inside.values().stream().map(StoredTensor::shape)
                .anyMatch(shape -> shape.rank() == 2 && (shape.dim(1) == features || shape.dim(1) == 2 * features));
        if (!hasOwn && !isAverage(body.prefix()) && !others.stream().allMatch(NetworkWeights::isAverage)) {
            return Optional.empty();
        }
        return HeadWeights.find(hasOwn ? inside : all, body.prefix(), features);
    }

    /** The prefix of all names of the body, such as {@code backbone.}; may be empty. */
    public String prefix() {
        return body.prefix();
    }

    /** The architecture, with the variants that the file states. */
    public Architecture architecture() {
        return body.architecture();
    }

    /**
     * Whether batch norms are merged into the convolutions, as in many ONNX models. Scores are the same; but training, which normalises
     * by each batch's statistics, begins with other features.
     */
    public boolean hasMergedNorms() {
        // A merged norm is at most one tensor in the file, the bias of its convolution, and four here.
        return body.names().size() < body.tensors().size();
    }

    /** The channels of the images that the stem takes. */
    public int inputChannels() {
        return body.tensors().get(architecture().design().stem().first() + ".weight").shape().dim(1);
    }

    /** The kind of head; empty if the weights have no head, or one that Thaw cannot compute. */
    public Optional<Head> head() {
        return head.map(HeadWeights::kind);
    }

    /** The number of classes of the head; empty if there is no head. */
    public OptionalInt classes() {
        return head.map(found -> OptionalInt.of(found.classes())).orElse(OptionalInt.empty());
    }

    /** The prefixes of the other networks among the same weights. */
    public List<String> others() {
        return others;
    }

    /** The tensors that belong neither to the body nor to the head, by their names in the file; a read-only view. */
    public Map<String, StoredTensor> left() {
        return left;
    }

    /**
     * A convolution beside the body that takes its features, if none takes those of an earlier stage, as in networks that
     * predict each pixel. Such networks often dilate the last stages' convolutions in place of strides (DeepLab, FCN), which
     * does not show in their tensors.
     */
    public Optional<String> denseHead() {
        List<Map.Entry<String, StoredTensor>> convolutions = left.entrySet().stream().filter(e -> e.getValue().hasShape()
                && e.getValue().shape().rank() == 4 && others.stream().noneMatch(e.getKey()::startsWith)).toList();
        int features = architecture().features();
        return convolutions.stream().anyMatch(e -> e.getValue().shape().dim(1) == features / 2
                && convolutions.stream().anyMatch(o -> o.getValue().shape().dim(1) == features / 4)) ? Optional.empty()
                        : convolutions.stream().filter(e -> e.getValue().shape().dim(1) == features).map(Map.Entry::getKey).findFirst();
    }

    /**
     * A network for images with 3 channels, with this body and a new head. A stem for another number of channels is adapted.
     *
     * @param seed of the head's initial weights
     * @throws IllegalArgumentException if the body's tensors do not fit the architecture
     */
    public ResNet withNewHead(Head head, int classes, Device device, long seed) {
        ResNet net = ResNet.of(architecture(), head, device, classes, seed);
        net.adaptStem(inputChannels()).loadPretrained(this, false);
        return net.adaptStem(3);
    }

    /** The tensors of the body, by torchvision's names. */
    public Map<String, StoredTensor> body() {
        return body.tensors();
    }

    /** The file's tensors of body and head, by torchvision's names. */
    public Map<String, StoredTensor> stateDict() {
        Map<String, StoredTensor> all = new LinkedHashMap<>(body.tensors());
        head.ifPresent(found -> all.putAll(found.tensors()));
        return all;
    }

    /** Like {@link #stateDict}, with a zero bias for a head without one, which gives the same scores. */
    Map<String, StoredTensor> withBiases() {
        Map<String, StoredTensor> all = new LinkedHashMap<>(body.tensors());
        head.ifPresent(found -> all.putAll(found.withBiases()));
        return all;
    }
}
