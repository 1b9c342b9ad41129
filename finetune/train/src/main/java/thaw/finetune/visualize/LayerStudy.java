package thaw.finetune.visualize;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import thaw.engine.NoGrad;
import thaw.engine.ReluRule;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.nn.ForwardHook;
import thaw.engine.nn.Module;
import thaw.finetune.diagnostics.LinearCka;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;
import thaw.kernels.Shape;
import thaw.resnet.Layer;
import thaw.resnet.Network;
import thaw.resnet.ReceptiveField;
import thaw.resnet.visualize.GradCam;
import thaw.resnet.visualize.Heatmap;
import thaw.resnet.visualize.Occlusion;
import thaw.resnet.visualize.Projection;

/**
 * The answers of a network's stages to images, after Zeiler and Fergus 2014: for channels of each stage the images that excite them most,
 * and the projection of that excitation back to pixels. The network is put into evaluation mode with its parameters frozen. Not
 * thread-safe.
 */
public final class LayerStudy {

    /** The images that excite a channel most, nine as in the paper's figure 2. */
    static final int STRONGEST = 9;
    private static final int BATCH = 32;
    /** Images by whose features two networks are compared: the Gram matrices grow with the square of their number. */
    private static final int COMPARED = 128;

    private final Network net;
    private final Transforms transforms;
    private final List<RgbImage> images;
    private final Map<String, ReceptiveField> stages = new LinkedHashMap<>();
    /** The strongest activation of each image and channel, {@code [image][channel]}, by stage. */
    private final Map<String, float[][]> strongest = new LinkedHashMap<>();
    private final Map<String, double[][]> grams = new LinkedHashMap<>();
    private final int[] predicted;
    private final float[] probability;

    /**
     * Runs the network on all images.
     *
     * @param images squares of the transforms' size, at least one: {@link Transforms#square}
     */
    public LayerStudy(Network net, Transforms transforms, List<RgbImage> images) {
        this.net = net;
        this.transforms = transforms;
        this.images = List.copyOf(images);
        predicted = new int[images.size()];
        probability = new float[images.size()];
        List<Layer> outline = net.outline(transforms.size(), transforms.size()).layers();
        for (String name : net.children().keySet()) {
            outline.stream().filter(layer -> layer.name().matches(name + "\\.\\d+\\.conv\\d+"))
                    .reduce((first, last) -> last).ifPresent(last -> stages.put(name, last.field()));
        }
        net.eval().requiresGrad(false);
        run();
    }

    private void run() {
        Map<String, float[]> features = new LinkedHashMap<>();
        int compared = Math.min(COMPARED, images.size());
        for (int from = 0; from < images.size(); from += BATCH) {
            int first = from;
            int count = Math.min(BATCH, images.size() - from);
            List<ForwardHook.Registration> hooks = stages.keySet().stream().map(stage -> net.children().get(stage)
                    .onForward((module, y) -> keep(stage, first, y, features, compared))).toList();
            try (NoGrad off = net.device().noGrad(); Scope scope = net.device().scope()) {
                float[] p = net.call(batch(from, count)).logSoftmax().exp().toFloats();
                int classes = p.length / count;
                for (int i = 0; i < count; i++) {
                    int row = i * classes;
                    predicted[from + i] = IntStream.range(0, classes).reduce(0, (a, b) -> p[row + b] > p[row + a] ? b : a);
                    probability[from + i] = p[row + predicted[from + i]];
                }
            } finally {
                hooks.forEach(ForwardHook.Registration::close);
            }
        }
        features.forEach((stage, values) -> grams.put(stage, LinearCka.centredGram(values, compared)));
    }

    private void keep(String stage, int first, Tensor y, Map<String, float[]> features, int compared) {
        Shape shape = y.shape();
        float[] values = y.toFloats();
        int pixels = shape.dim(2) * shape.dim(3);
        int length = shape.dim(1) * pixels;
        float[][] most = strongest.computeIfAbsent(stage, name -> new float[images.size()][]);
        for (int i = 0; i < shape.dim(0); i++) {
            float[] ofImage = new float[shape.dim(1)];
            for (int k = 0; k < length; k++) {
                ofImage[k / pixels] = Math.max(ofImage[k / pixels], values[i * length + k]);
            }
            most[first + i] = ofImage;
        }
        if (first < compared) {
            float[] all = features.computeIfAbsent(stage, name -> new float[compared * length]);
            System.arraycopy(values, 0, all, first * length, Math.min(values.length, all.length - first * length));
        }
    }

    private Tensor batch(int from, int count) {
        int side = transforms.size();
        int length = 3 * side * side;
        float[] values = new float[count * length];
        for (int i = 0; i < count; i++) {
            transforms.write(images.get(from + i), values, i * length);
        }
        return net.device().tensor(Shape.of(count, 3, side, side), values);
    }

    /** The stages by name, each with the pixels that one value of its output sees. */
    public Map<String, ReceptiveField> stages() {
        return stages;
    }

    /** The images, in the given order. */
    public List<RgbImage> images() {
        return images;
    }

    /** The number of the most probable class of an image. */
    public int predicted(int image) {
        return predicted[image];
    }

    /** Its probability. */
    public float probability(int image) {
        return probability[image];
    }

    /** The number of a stage's channels. */
    public int channels(String stage) {
        return strongest.get(stage)[0].length;
    }

    /** The number of a stage's channels that no image excites. */
    public int dead(String stage) {
        return (int) IntStream.range(0, channels(stage)).filter(c -> Arrays.stream(strongest.get(stage)).allMatch(a -> a[c] == 0)).count();
    }

    /** The images that excite a channel most, at most nine, the strongest first; those that do not excite it are left out. */
    public List<Integer> strongest(String stage, int channel) {
        float[][] most = strongest.get(stage);
        return IntStream.range(0, most.length).boxed().filter(image -> most[image][channel] > 0)
                .sorted(Comparator.comparingDouble((Integer image) -> -most[image][channel])).limit(STRONGEST).toList();
    }

    /** The strongest activation of a channel for an image. */
    public float activation(String stage, int image, int channel) {
        return strongest.get(stage)[image][channel];
    }

    /** The channels whose nine strongest activations have the highest mean, the highest first. */
    public List<Integer> mostActive(String stage, int count) {
        return IntStream.range(0, channels(stage)).boxed().sorted(Comparator.comparingDouble((Integer c) -> -strongest(stage, c).stream()
                .mapToDouble(image -> activation(stage, image, c)).sum())).limit(count).toList();
    }

    /**
     * Linear CKA between the stages of this network, one a row, and those of another for the same images.
     *
     * @throws IllegalArgumentException if the other was run on another number of images
     */
    public double[][] similarity(LayerStudy other) {
        return grams.values().stream().map(own -> other.grams.values().stream().mapToDouble(its -> LinearCka.of(own, its)).toArray())
                .toArray(double[][]::new);
    }

    /** The projection of a channel's strongest activation for an image to its pixels. */
    public Projection.Result project(String stage, int image, int channel, ReluRule rule) {
        try (Scope scope = net.device().scope()) {
            return Projection.of(net, stage, rule).strongest(batch(image, 1), channel);
        }
    }

    /** The pixels that raise the score of an image's most probable class, by guided backpropagation: {@code [3, side, side]}. */
    public float[] guided(int image) {
        try (Scope scope = net.device().scope()) {
            return Projection.of(net, lastStage(), ReluRule.GUIDED).score(batch(image, 1), predicted[image]);
        }
    }

    /** Grad-CAM of the last stage for an image's most probable class. */
    public Heatmap gradCam(int image) {
        try (Scope scope = net.device().scope()) {
            return GradCam.of(net).heatmap(batch(image, 1), predicted[image]);
        }
    }

    /** Occlusion sensitivity of an image's most probable class. */
    public Heatmap occlusion(int image) {
        try (Scope scope = net.device().scope()) {
            return Occlusion.of(transforms.size()).heatmap(net, batch(image, 1), predicted[image]);
        }
    }

    /** A stage's output for an image: a map for each channel. */
    public List<Heatmap> maps(String stage, int image) {
        List<Heatmap> maps = new ArrayList<>();
        Module module = net.children().get(stage);
        try (NoGrad off = net.device().noGrad();
                Scope scope = net.device().scope();
                ForwardHook.Registration hook = module.onForward((m, y) -> {
                    int pixels = y.shape().dim(2) * y.shape().dim(3);
                    float[] values = y.toFloats();
                    for (int c = 0; c < y.shape().dim(1); c++) {
                        maps.add(new Heatmap(y.shape().dim(3), y.shape().dim(2), Arrays.copyOfRange(values, c * pixels, (c + 1) * pixels)));
                    }
                })) {
            net.call(batch(image, 1));
        }
        return maps;
    }

    private String lastStage() {
        return List.copyOf(stages.keySet()).get(stages.size() - 1);
    }

    /** The weight of the first convolution, {@code [K, 3, R, S]}. */
    public Tensor filters() {
        return net.parameters().get(0);
    }

    /**
     * The relative change of each filter of a stage's convolutions from another network's, {@code ‖w − w₀‖ / ‖w₀‖}: the mean over filters.
     *
     * @throws IllegalArgumentException if the other network has other shapes
     */
    public double moved(String stage, LayerStudy other) {
        Map<String, Tensor> own = net.namedParameters();
        double sum = 0;
        int count = 0;
        for (Map.Entry<String, Tensor> its : other.net.namedParameters().entrySet()) {
            if (its.getKey().startsWith(stage + ".") && its.getValue().shape().rank() == 4) {
                Tensor mine = own.get(its.getKey());
                if (mine == null || !mine.shape().equals(its.getValue().shape())) {
                    throw new IllegalArgumentException("moved: " + its.getKey() + " " + its.getValue().shape() + " has no counterpart in "
                            + net.name() + "; compare networks of one architecture");
                }
                float[] now = mine.toFloats();
                float[] before = its.getValue().toFloats();
                int length = now.length / mine.shape().dim(0);
                for (int k = 0; k < mine.shape().dim(0); k++) {
                    double distance = 0;
                    double size = 0;
                    for (int i = k * length; i < (k + 1) * length; i++) {
                        distance += Math.pow(now[i] - before[i], 2);
                        size += Math.pow(before[i], 2);
                    }
                    sum += size == 0 ? 0 : Math.sqrt(distance / size);
                    count++;
                }
            }
        }
        return count == 0 ? 0 : sum / count;
    }
}
