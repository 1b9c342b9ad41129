package thaw.resnet;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Shape;

/**
 * The layers of a network in the order of its state dict, with their output shapes for images of one size. The shapes are
 * computed; no weights are created and nothing is run.
 *
 * @param layers those without parameters included
 */
public record Outline(List<Layer> layers) {

    /** Copies the list. */
    public Outline {
        layers = List.copyOf(layers);
    }

    /**
     * The outline of an architecture with a head.
     *
     * @param inputChannels the images' channels: 3 for colour
     * @param height        the images' height in pixels
     * @param width         the images' width in pixels
     * @throws IllegalArgumentException if the height or width is not positive
     */
    public static Outline of(Architecture architecture, int inputChannels, Head head, int classes, int height, int width) {
        Walk walk = new Walk(Shape.of(1, inputChannels, height, width));
        walk.stem(architecture.family());
        for (int i = 0; i < architecture.stages(); i++) {
            walk.stage(architecture, i);
        }
        walk.head(head, classes);
        return new Outline(walk.layers);
    }

    /** The number of the network's learned values. */
    public long parameters() {
        return layers.stream().mapToLong(Layer::parameters).sum();
    }

    /** Follows an image's shape through a network. */
    private static final class Walk {

        private final List<Layer> layers = new ArrayList<>();
        private Shape shape;
        private ReceptiveField field = ReceptiveField.PIXEL;

        Walk(Shape image) {
            shape = image;
        }

        private void stem(Family family) {
            conv(ResNet.STEM, family.width(), family.stemKernel(), family.stemStride(), 1);
            batchNorm("bn1");
            if (family.hasMaxPool()) {
                Shape pooled = Pool2dOptions.of(3, 2, 1).outputShape(shape);
                field = field.after(3, 2);
                add("maxpool", "max pool 3×3, stride 2", Shape.SCALAR, pooled, 0);
            }
        }

        private void stage(Architecture a, int i) {
            for (int j = 0; j < a.depths().get(i); j++) {
                block(a, i, "layer" + (i + 1) + "." + j + ".", j == 0 ? a.stride(i) : 1);
            }
        }

        private void block(Architecture a, int i, String path, int stride) {
            Shape input = shape;
            ReceptiveField before = field;
            int inner = a.innerChannels(i);
            int out = a.channels(i);
            if (a.block() == BlockKind.BASIC) {
                convAndNorm(path, 1, out, 3, stride, 1);
                convAndNorm(path, 2, out, 3, 1, 1);
            } else {
                int first = a.strideIn1x1(stride);
                convAndNorm(path, 1, inner, 1, first, 1);
                convAndNorm(path, 2, inner, 3, stride / first, a.groups());
                convAndNorm(path, 3, out, 1, 1, 1);
            }
            if (stride == 1 && input.dim(1) == out) {
                return;
            }
            Shape output = shape;
            ReceptiveField after = field;
            if (a.family().projectsShortcuts()) {
                shape = input;
                field = before;
                conv(path + "downsample.0", out, 1, stride, 1);
                batchNorm(path + "downsample.1");
                field = after;
            } else {
                add(path + "shortcut", "subsample by " + stride + ", pad with zeros", Shape.SCALAR, output, 0);
            }
        }

        private void head(Head head, int classes) {
            int features = head.features(shape.dim(1));
            field = field.after(Math.max(shape.dim(2), shape.dim(3)), 1);
            add("avgpool", head.poolKind(), Shape.SCALAR, Shape.of(1, features, 1, 1), 0);
            shape = Shape.of(1, features);
            if (head == Head.CONCAT_POOL) {
                batchNorm("fc.0");
                linear("fc.2", Head.HIDDEN);
                batchNorm("fc.4");
                linear("fc.6", classes);
            } else {
                linear("fc", classes);
            }
        }

        private void convAndNorm(String path, int i, int out, int kernel, int stride, int groups) {
            conv(path + "conv" + i, out, kernel, stride, groups);
            batchNorm(path + "bn" + i);
        }

        private void conv(String name, int out, int kernel, int stride, int groups) {
            Shape weight = Shape.of(out, shape.dim(1) / groups, kernel, kernel);
            field = field.after(kernel, stride);
            Shape output = Conv2dOptions.of(stride, kernel / 2, 1, groups).outputShape(shape, weight);
            String kind = "conv " + kernel + "×" + kernel + (stride == 1 ? "" : ", stride " + stride)
                    + (groups == 1 ? "" : ", " + groups + " groups");
            add(name, kind, weight, output, weight.size());
        }

        private void batchNorm(String name) {
            int channels = shape.dim(1);
            add(name, "batch norm", Shape.of(channels), shape, 2L * channels);
        }

        private void linear(String name, int out) {
            Shape weight = Shape.of(out, shape.dim(1));
            add(name, "linear", weight, Shape.of(1, out), weight.size() + (long) out);
        }

        private void add(String name, String kind, Shape weight, Shape output, long parameters) {
            int[] dims = output.toArray();
            int[] one = Arrays.copyOfRange(dims, 1, dims.length);
            layers.add(new Layer(name, kind, weight, Shape.of(one), parameters, field));
            shape = output;
        }
    }
}
