package thaw.resnet;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import thaw.engine.Device;
import thaw.engine.Generator;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.CheckpointedModule;
import thaw.engine.nn.Conv2d;
import thaw.engine.nn.Flatten;
import thaw.engine.nn.Init;
import thaw.engine.nn.Linear;
import thaw.engine.nn.LoadReport;
import thaw.engine.nn.Module;
import thaw.engine.nn.OnnxGraph;
import thaw.engine.nn.ReLU;
import thaw.engine.nn.Sequential;

/**
 * A residual network: {@code [N, C, H, W] → [N, classes]}, scores without softmax. Its children run one after another:
 * {@code conv1, bn1, relu}, perhaps {@code maxpool} ({@link Stem}), the stages {@code layer1} and so on,
 * {@code avgpool, flatten, fc}.
 *
 * <p>Initially convolutions have Kaiming's normal distribution, by fan-out in the ImageNet family and by fan-in in the CIFAR
 * family, and batch norms weight 1 and bias 0.
 */
public final class ResNet extends Network {

    static final String STEM = "conv1";
    static final String CLASSIFIER = "fc";

    private final Architecture architecture;
    private final Device device;
    private final Generator generator;
    private Head head;
    private int classes;
    private boolean pretrained;

    /** @param drawn whether initial weights are drawn; if not, they are 0 */
    private ResNet(Architecture architecture, Device device, int classes, Generator generator, boolean drawn) {
        this.architecture = architecture;
        this.device = device;
        this.generator = generator;
        Family family = architecture.family();
        Generator initial = drawn ? generator : null;
        NewLayers make = new NewLayers(device, family, initial);
        Stem stem = architecture.design().stem();
        child(STEM, stem.convolutions(make));
        child("bn1", new BatchNorm2d(device, stem.width()));
        child("relu", new ReLU());
        Module pool = stem.pool(make, architecture.variants());
        if (pool != null) {
            child("maxpool", pool);
        }
        for (int i = 0; i < architecture.stages(); i++) {
            child(stageName(i), stage(i, make));
        }
        setHead(Head.LINEAR, classes, initial);
        if (!drawn) {
            // The generator continues as if the head's weights and biases had been drawn.
            generator.skip((architecture.features() + 1L) * classes);
        }
        if (family == Family.CIFAR) {
            // The family's published initialisation; a head that replaces this one is drawn as in torchvision.
            Init.kaimingNormal(((Linear) children().get(CLASSIFIER)).weight(), family.fan(), initial);
        }
    }

    private Sequential stage(int i, NewLayers make) {
        ResidualBlock[] blocks = new ResidualBlock[architecture.depths().get(i)];
        int in = i == 0 ? architecture.design().stem().width() : architecture.channels(i - 1);
        for (int j = 0; j < blocks.length; j++) {
            blocks[j] = block(i, in, j == 0 ? architecture.stride(i) : 1, make);
            in = architecture.channels(i);
        }
        return new Sequential(blocks);
    }

    private ResidualBlock block(int i, int in, int stride, NewLayers make) {
        return switch (architecture.design().block()) {
            case BASIC -> new BasicBlock(make, architecture, i, in, stride);
            case BOTTLENECK, HALVED_BOTTLENECK -> new Bottleneck(make, architecture, i, in, stride);
        };
    }

    private static String stageName(int i) {
        return "layer" + (i + 1);
    }

    // ---- creation ------------------------------------------------------------------------------------------------

    private static ResNet create(Architecture architecture, Device device, int classes, Generator generator, boolean drawn) {
        try (Scope layers = device.scope()) {
            try {
                return new ResNet(architecture, device, classes, generator, drawn);
            } catch (RuntimeException | Error failed) {
                layers.releaseAll();
                throw failed;
            }
        }
    }

    /** A network for colour images whose initial weights are drawn from this seed. */
    public static ResNet of(Architecture architecture, Device device, int classes, long seed) {
        return create(architecture, device, classes, new Generator(seed), true);
    }

    /** Like {@link #of(Architecture, Device, int, long)}, with a head of another kind. */
    public static ResNet of(Architecture architecture, Head head, Device device, int classes, long seed) {
        ResNet net = of(architecture, device, classes, seed);
        return head == Head.LINEAR ? net : net.replaceHead(head, classes);
    }

    /** A network for colour images whose initial weights are drawn from the device's generator. */
    public static ResNet of(Architecture architecture, Device device, int classes) {
        return create(architecture, device, classes, device.generator(), true);
    }

    /** A network whose weights are 0 until they are loaded, which saves the time of drawing millions of them. */
    static ResNet toBeLoaded(Architecture architecture, Device device, int classes) {
        return create(architecture, device, classes, device.generator(), false);
    }

    /** ResNet-18 of the ImageNet family, for images of about 224×224 pixels, with random weights. */
    public static ResNet resnet18(Device device, int classes) {
        return of(Architecture.byName("resnet18"), device, classes);
    }

    /** ResNet-34 of the ImageNet family, with random weights. */
    public static ResNet resnet34(Device device, int classes) {
        return of(Architecture.byName("resnet34"), device, classes);
    }

    /** ResNet-50 of the ImageNet family, with random weights. */
    public static ResNet resnet50(Device device, int classes) {
        return of(Architecture.byName("resnet50"), device, classes);
    }

    /** ResNet-101 of the ImageNet family, with random weights. */
    public static ResNet resnet101(Device device, int classes) {
        return of(Architecture.byName("resnet101"), device, classes);
    }

    /** ResNet-152 of the ImageNet family, with random weights. */
    public static ResNet resnet152(Device device, int classes) {
        return of(Architecture.byName("resnet152"), device, classes);
    }

    /** ResNet-20 of the CIFAR family, for images of about 32×32 pixels, with random weights. */
    public static ResNet resnet20(Device device, int classes) {
        return of(Architecture.byName("resnet20"), device, classes);
    }

    /** ResNet-32 of the CIFAR family, with random weights. */
    public static ResNet resnet32(Device device, int classes) {
        return of(Architecture.byName("resnet32"), device, classes);
    }

    /**
     * Creates the network that these weights belong to, the first of {@link NetworkWeights#allIn}, and loads them. Tensors
     * outside the network are ignored.
     *
     * @throws IllegalArgumentException if there is no known network among them, or it has no known head
     */
    public static ResNet fromWeights(Map<String, ? extends StoredTensor> weights, Device device) {
        return fromWeights(NetworkWeights.in(weights), device);
    }

    /**
     * Creates a network found among weights, and loads them.
     *
     * @throws IllegalArgumentException if it has no known head, or lacks tensors
     */
    public static ResNet fromWeights(NetworkWeights found, Device device) {
        return ModelDescription.of(found).build(device, found.withBiases());
    }

    @Override
    public Map<String, String> describe() {
        if (!Architecture.all().contains(architecture.usual())) {
            throw new IllegalArgumentException("expected an architecture that a model file can name, but " + architecture
                    + " is none of those in Architecture.all(); save only the state dict, with Weights.write");
        }
        return new ModelDescription(architecture, classes, head, inputChannels()).metadata();
    }

    // ---- forward pass --------------------------------------------------------------------------------------------

    @Override
    public Tensor forward(Tensor x) {
        return Sequential.run(children().values(), x);
    }

    @Override
    protected String onnx(OnnxGraph graph, String x) {
        return graph.call(children().values(), x);
    }

    @Override
    public Tensor features(Tensor x) {
        return Sequential.run(bodyModules().values(), x);
    }

    @Override
    public Tensor pooled(Tensor x) {
        return Sequential.run(children().entrySet().stream().filter(child -> !child.getKey().equals(CLASSIFIER))
                .map(Map.Entry::getValue).toList(), x);
    }

    @Override
    public Tensor classify(Tensor pooled) {
        return children().get(CLASSIFIER).call(pooled);
    }

    @Override
    public Map<String, StoredTensor> bodyStateDict() {
        Map<String, StoredTensor> body = stateDict();
        body.keySet().removeIf(ResNet::isHead);
        return body;
    }

    private Map<String, Module> bodyModules() {
        Map<String, Module> body = new LinkedHashMap<>(children());
        Granularity.STAGES.split(architecture).get("head").forEach(body::remove);
        return body;
    }

    // ---- properties ----------------------------------------------------------------------------------------------

    /** The kind and the numbers of blocks and channels. */
    public Architecture architecture() {
        return architecture;
    }

    @Override
    public String name() {
        return architecture.name();
    }

    @Override
    public Device device() {
        return device;
    }

    @Override
    public int classes() {
        return classes;
    }

    /** The kind of pooling and classifier. */
    public Head head() {
        return head;
    }

    @Override
    public int inputChannels() {
        return stem().inChannels();
    }

    @Override
    public Outline outline(int height, int width) {
        return Outline.of(architecture, inputChannels(), head, classes, height, width);
    }

    private Conv2d stem() {
        return Stem.first(children().get(STEM));
    }

    @Override
    public List<LayerGroup> groups(Granularity granularity) {
        return granularity.groups(this);
    }

    @Override
    public boolean isPretrained() {
        return pretrained;
    }

    // ---- modification --------------------------------------------------------------------------------------------

    @Override
    public ResNet replaceHead(int classes) {
        return replaceHead(Head.LINEAR, classes);
    }

    /** Replaces pool and classifier by new ones, and {@linkplain Module#release releases} the old ones; keeps the body. */
    public ResNet replaceHead(Head head, int classes) {
        Module old = children().get(CLASSIFIER);
        setHead(head, classes, generator);
        old.release();
        return this;
    }

    private void setHead(Head newHead, int newClasses, Generator initial) {
        if (newClasses < 1) {
            throw new IllegalArgumentException("head: a network needs at least one class, got " + newClasses);
        }
        Module classifier = newHead.classifier(device, architecture.features(), newClasses, initial);
        child("avgpool", newHead.pool()).train(isTraining());
        child("flatten", new Flatten()).train(isTraining());
        child(CLASSIFIER, classifier).train(isTraining());
        head = newHead;
        classes = newClasses;
    }

    /**
     * Adapts the stem to images of another number of channels, keeping what it has learned; see {@link StemAdaptation}. Load
     * pretrained weights first.
     *
     * @throws IllegalArgumentException if {@code channels} is less than 1
     */
    public ResNet adaptStem(int channels) {
        Conv2d old = stem();
        if (channels != old.inChannels()) {
            Conv2d adapted = StemAdaptation.of(old, channels, device, generator);
            child(STEM, Stem.withFirst(adapted, children().get(STEM))).train(old.isTraining());
            old.release();
        }
        return this;
    }

    /**
     * Sets the weights of each block's last batch norm to 0, so that every block is initially the identity, which helps
     * training from scratch (Goyal et al. 2017, section 5.1).
     */
    public ResNet zeroInitResidual() {
        namedModules().values().forEach(m -> {
            if (m instanceof ResidualBlock block) {
                Init.constant(block.lastNorm().weight(), 0);
            }
        });
        return this;
    }

    /** Makes each block recompute its activations in backward: more time, less memory. See {@link CheckpointedModule}. */
    public ResNet checkpointBlocks() {
        for (int i = 0; i < architecture.stages(); i++) {
            Module stage = children().get(stageName(i));
            List<Module> blocks = stage.children().values().stream()
                    .map(b -> b instanceof CheckpointedModule ? b : new CheckpointedModule(b)).toList();
            child(stageName(i), new Sequential(blocks)).train(stage.isTraining());
        }
        return this;
    }

    // ---- loading -------------------------------------------------------------------------------------------------

    /**
     * Loads weights under any of the names that {@link NetworkWeights} recognises.
     *
     * @param strict whether anything that doesn't fit is an error, and nothing is changed then
     * @throws IllegalArgumentException if they don't fit, saying whose weights they are if that can be known; strict or not, if the
     *     file says that they are of a variant that computes something else with the same tensors
     */
    @Override
    public LoadReport loadStateDict(Map<String, ? extends StoredTensor> state, boolean strict) {
        Optional<NetworkWeights> found = find(state);
        WeightFit fit = new WeightFit(this, state, found);
        if (strict) {
            fit.require();
        } else {
            fit.requireVariants();
        }
        Map<String, StoredTensor> weights = new LinkedHashMap<>(found.isPresent() ? found.get().left() : state);
        found.ifPresent(network -> weights.putAll(network.stateDict()));
        return load(weights, strict);
    }

    @Override
    public LoadReport loadPretrained(Map<String, ? extends StoredTensor> state, boolean keepHead) {
        Optional<NetworkWeights> found = find(state);
        return loadPretrained(found.orElseThrow(() -> new IllegalArgumentException(UnknownNetwork.describe(state))), keepHead);
    }

    /** Like {@link #loadPretrained(Map, boolean)}, for a network found among weights. */
    public LoadReport loadPretrained(NetworkWeights found, boolean keepHead) {
        WeightFit fit = new WeightFit(this, found.stateDict(), Optional.of(found));
        fit.requireBody();
        Map<String, StoredTensor> weights = new LinkedHashMap<>(found.withBiases());
        if (keepHead) {
            fit.requireHead();
        } else {
            weights.keySet().removeIf(ResNet::isHead);
            stateDictOfHead().forEach(weights::put);
        }
        load(weights, true);
        return new LoadReport(List.of(), List.copyOf(found.left().keySet()), List.of());
    }

    private Optional<NetworkWeights> find(Map<String, ? extends StoredTensor> state) {
        return NetworkWeights.allIn(state, Set.of(architecture.usual())).stream().findFirst()
                .or(() -> NetworkWeights.allIn(state).stream().findFirst());
    }

    /** @param weights by torchvision's names */
    private LoadReport load(Map<String, StoredTensor> weights, boolean strict) {
        LoadReport report = super.loadStateDict(weights, strict);
        Set<String> unchanged = new HashSet<>(report.missing());
        report.otherShape().forEach(other -> unchanged.add(other.name()));
        pretrained |= namedParameters().entrySet().stream().filter(parameter -> parameter.getValue().shape().rank() == 4)
                .noneMatch(parameter -> unchanged.contains(parameter.getKey()));
        return report;
    }

    private Map<String, StoredTensor> stateDictOfHead() {
        Map<String, StoredTensor> own = new LinkedHashMap<>();
        children().get(CLASSIFIER).stateDict().forEach((name, tensor) -> own.put(CLASSIFIER + "." + name, tensor));
        return own;
    }

    static boolean isHead(String name) {
        return name.startsWith(CLASSIFIER + ".");
    }
}
