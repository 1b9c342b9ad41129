package thaw.resnet;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import thaw.engine.Device;
import thaw.engine.Generator;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.Checkpoint;
import thaw.engine.nn.Conv2d;
import thaw.engine.nn.Flatten;
import thaw.engine.nn.Init;
import thaw.engine.nn.Linear;
import thaw.engine.nn.LoadReport;
import thaw.engine.nn.MaxPool2d;
import thaw.engine.nn.Module;
import thaw.engine.nn.ReLU;
import thaw.engine.nn.Sequential;

/**
 * A residual network: {@code [N, C, H, W] → [N, classes]}, scores without softmax. Its children run one after the other:
 * {@code conv1, bn1, relu}, of ImageNet's family {@code maxpool}, the stages {@code layer1} and so on, {@code avgpool, flatten,
 * fc}.
 *
 * <p>Convolutions begin with Kaiming's normal distribution by fan-out, batch norms with weight 1 and bias 0.
 */
public final class ResNet extends Module {

    static final String STEM = "conv1";
    static final String CLASSIFIER = "fc";

    private final Architecture architecture;
    private final Device device;
    private final Generator generator;
    private Head head;
    private int classes;
    private boolean pretrained;

    /** @param drawn whether weights are drawn; otherwise they are 0 */
    private ResNet(Architecture architecture, Device device, int classes, Generator generator, boolean drawn) {
        this.architecture = architecture;
        this.device = device;
        this.generator = generator;
        Family family = architecture.family();
        Generator initial = drawn ? generator : null;
        child(STEM, ResidualBlock.conv(device, family, 3, family.width(), family.stemKernel(), family.stemStride(), 1, initial));
        child("bn1", new BatchNorm2d(device, family.width()));
        child("relu", new ReLU());
        if (family.hasMaxPool()) {
            child("maxpool", new MaxPool2d(3, 2, 1));
        }
        for (int i = 0; i < architecture.stages(); i++) {
            child(stageName(i), stage(i, initial));
        }
        setHead(Head.LINEAR, classes, initial);
        if (!drawn) {
            // What is drawn next is the same as if the head's weights and biases had been.
            generator.skip((architecture.features() + 1L) * classes);
        }
        if (family == Family.CIFAR) {
            // As the family's published training begins; a head that replaces this one is drawn as torchvision's are.
            Init.kaimingNormal(classifier().weight(), family.fan(), initial);
        }
    }

    private Linear classifier() {
        return (Linear) children().get(CLASSIFIER);
    }

    private Sequential stage(int i, Generator initial) {
        ResidualBlock[] blocks = new ResidualBlock[architecture.depths().get(i)];
        int in = i == 0 ? architecture.family().width() : architecture.channels(i - 1);
        for (int j = 0; j < blocks.length; j++) {
            blocks[j] = block(i, in, j == 0 ? architecture.stride(i) : 1, initial);
            in = architecture.channels(i);
        }
        return new Sequential(blocks);
    }

    private ResidualBlock block(int i, int in, int stride, Generator initial) {
        Family family = architecture.family();
        int out = architecture.channels(i);
        return switch (architecture.block()) {
            case BASIC -> new BasicBlock(device, family, in, out, stride, initial);
            case BOTTLENECK -> new Bottleneck(device, family, in, architecture.innerChannels(i), out,
                    architecture.strideIn1x1(stride), stride, architecture.groups(), initial);
        };
    }

    private static String stageName(int i) {
        return "layer" + (i + 1);
    }

    // ---- making one ----------------------------------------------------------------------------------------------

    /** A network for colour pictures whose initial weights are drawn from this seed. */
    public static ResNet of(Architecture architecture, Device device, int classes, long seed) {
        return new ResNet(architecture, device, classes, new Generator(seed), true);
    }

    /** A network for colour pictures whose initial weights are drawn from the device's generator. */
    public static ResNet of(Architecture architecture, Device device, int classes) {
        return new ResNet(architecture, device, classes, device.generator(), true);
    }

    /** A network whose weights are 0 until they are loaded: to draw millions of them takes a while. */
    static ResNet toBeLoaded(Architecture architecture, Device device, int classes) {
        return new ResNet(architecture, device, classes, device.generator(), false);
    }

    public static ResNet resnet18(Device device, int classes) {
        return of(Architecture.byName("resnet18"), device, classes);
    }

    public static ResNet resnet34(Device device, int classes) {
        return of(Architecture.byName("resnet34"), device, classes);
    }

    public static ResNet resnet50(Device device, int classes) {
        return of(Architecture.byName("resnet50"), device, classes);
    }

    public static ResNet resnet101(Device device, int classes) {
        return of(Architecture.byName("resnet101"), device, classes);
    }

    public static ResNet resnet152(Device device, int classes) {
        return of(Architecture.byName("resnet152"), device, classes);
    }

    /** For CIFAR-sized pictures. */
    public static ResNet resnet20(Device device, int classes) {
        return of(Architecture.byName("resnet20"), device, classes);
    }

    /** For CIFAR-sized pictures. */
    public static ResNet resnet32(Device device, int classes) {
        return of(Architecture.byName("resnet32"), device, classes);
    }

    /**
     * The network that these weights are for, with them: the first of {@link NetworkWeights#allIn}. Tensors beside it are left out.
     *
     * @throws IllegalArgumentException if there is no known network among them, or it has no head that is known
     */
    public static ResNet fromWeights(Map<String, ? extends StoredTensor> weights, Device device) {
        return fromWeights(NetworkWeights.in(weights), device);
    }

    /**
     * A network that was found among weights, with them.
     *
     * @throws IllegalArgumentException if it has no head that is known, or lacks tensors
     */
    public static ResNet fromWeights(NetworkWeights found, Device device) {
        return ModelDescription.of(found).build(device, found.withBiases());
    }

    /**
     * The network that {@link #describe()} described, with initial weights.
     *
     * @throws IllegalArgumentException if an entry is missing or makes no sense
     */
    public static ResNet fromMetadata(Map<String, String> metadata, Device device) {
        return ModelDescription.of(metadata).build(device);
    }

    /**
     * The network that {@link #describe()} described, with these weights.
     *
     * @throws IllegalArgumentException if an entry is missing or makes no sense, or the weights don't fit
     */
    public static ResNet fromMetadata(Map<String, String> metadata, Map<String, ? extends StoredTensor> weights, Device device) {
        return ModelDescription.of(metadata).build(device, weights);
    }

    /** What is needed to make this network again, without its weights, for a file's metadata. */
    public Map<String, String> describe() {
        return new ModelDescription(architecture, classes, head, inputChannels()).metadata();
    }

    // ---- running it ----------------------------------------------------------------------------------------------

    @Override
    public Tensor forward(Tensor x) {
        return Sequential.run(children().values(), x);
    }

    /** The body alone, without the head: {@code [N, C, H, W] → [N, features, H', W']}. */
    public Tensor features(Tensor x) {
        return Sequential.run(bodyModules().values(), x);
    }

    /** All before the classifier: {@code [N, C, H, W] → [N, features]}, which {@link #classify} takes. */
    public Tensor pooled(Tensor x) {
        return Sequential.run(children().entrySet().stream().filter(child -> !child.getKey().equals(CLASSIFIER))
                .map(Map.Entry::getValue).toList(), x);
    }

    /** The classifier alone: {@code [N, features] → [N, classes]}. */
    public Tensor classify(Tensor pooled) {
        return children().get(CLASSIFIER).call(pooled);
    }

    /** Parameters and buffers of all before the classifier. */
    public Map<String, StoredTensor> bodyStateDict() {
        Map<String, StoredTensor> body = stateDict();
        body.keySet().removeIf(ResNet::isHead);
        return body;
    }

    private Map<String, Module> bodyModules() {
        Map<String, Module> body = new LinkedHashMap<>(children());
        Grain.STAGES.split(architecture).get("head").forEach(body::remove);
        return body;
    }

    // ---- what it is ----------------------------------------------------------------------------------------------

    public Architecture architecture() {
        return architecture;
    }

    public Device device() {
        return device;
    }

    public int classes() {
        return classes;
    }

    public Head head() {
        return head;
    }

    /** Channels of the pictures that it takes: 3 unless the stem was adapted. */
    public int inputChannels() {
        return stem().inChannels();
    }

    /** Its layers and their output shapes for pictures of {@code height × width} pixels. */
    public Outline outline(int height, int width) {
        return Outline.of(architecture, inputChannels(), head, classes, height, width);
    }

    private Conv2d stem() {
        return (Conv2d) children().get(STEM);
    }

    /** Early, middle and head: see {@link Grain#COARSE}. */
    public List<LayerGroup> groups() {
        return groups(Grain.COARSE);
    }

    /** The layer groups, in the order in which a picture passes them. */
    public List<LayerGroup> groups(Grain grain) {
        return grain.split(architecture).entrySet().stream().map(group -> {
            Map<String, Module> modules = new LinkedHashMap<>();
            group.getValue().forEach(name -> modules.put(name, moduleAt(name)));
            return new LayerGroup(group.getKey(), modules);
        }).toList();
    }

    private Module moduleAt(String path) {
        Module found = this;
        for (String name : path.split("\\.")) {
            found = found.children().get(name);
        }
        return found;
    }

    /** Whether all its convolutions' weights were loaded, so that its body knows something that training may destroy. */
    public boolean isPretrained() {
        return pretrained;
    }

    // ---- changing it ---------------------------------------------------------------------------------------------

    /** Replaces the classifier by a new linear layer. */
    public ResNet replaceHead(int classes) {
        return replaceHead(Head.LINEAR, classes);
    }

    /** Replaces pool and classifier by new ones; the body stays as it is. The old head is {@linkplain Module#release gone}. */
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
     * Has the network take pictures of another number of channels, and keeps what its stem has learned; see
     * {@link StemAdaptation}. Load pretrained weights first.
     */
    public ResNet adaptStem(int channels) {
        Conv2d old = stem();
        if (channels != old.inChannels()) {
            child(STEM, StemAdaptation.of(old, channels, device, generator)).train(old.isTraining());
            old.release();
        }
        return this;
    }

    /**
     * Sets the weights of each block's last batch norm to 0, so that every block begins as the identity, which helps
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

    /** Has each block compute its activations again in backward: more time, less memory. See {@link Checkpoint}. */
    public ResNet checkpointBlocks() {
        for (int i = 0; i < architecture.stages(); i++) {
            Module stage = children().get(stageName(i));
            List<Module> blocks = stage.children().values().stream()
                    .map(b -> b instanceof Checkpoint ? b : new Checkpoint(b)).toList();
            child(stageName(i), new Sequential(blocks)).train(stage.isTraining());
        }
        return this;
    }

    // ---- loading -------------------------------------------------------------------------------------------------

    /**
     * Takes over weights under any of the names that {@link NetworkWeights} finds.
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

    /**
     * Takes over the body of pretrained weights, which must fit, and the head only if it's wanted.
     *
     * @param keepHead whether the weights' head is taken over too, and so must fit; otherwise it's dropped, of whatever
     *                 size, and this network's own stays as it is
     * @return of the body, or of the whole with {@code keepHead}: exact, but for the tensors beside them, which are left out
     * @throws IllegalArgumentException if they don't fit; nothing is changed then
     */
    public LoadReport loadPretrained(Map<String, ? extends StoredTensor> state, boolean keepHead) {
        Optional<NetworkWeights> found = find(state);
        return loadPretrained(found.orElseThrow(() -> new IllegalArgumentException(UnknownNetwork.describe(state))), keepHead);
    }

    /** As {@link #loadPretrained(Map, boolean)}, of a network that was found among weights. */
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
