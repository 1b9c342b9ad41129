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

    private static final String AVERAGE = "average pool 2×2, stride 2";
    private static final String BLUR = "blur 3×3, stride 2";

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
        Walk walk = new Walk(architecture, Shape.of(1, inputChannels, height, width));
        walk.stem(architecture.design().stem());
        for (int i = 0; i < architecture.stages(); i++) {
            for (int j = 0; j < architecture.depths().get(i); j++) {
                walk.block(i, "layer" + (i + 1) + "." + j + ".", j == 0 ? architecture.stride(i) : 1);
            }
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

        private final Architecture a;
        private final List<Layer> layers = new ArrayList<>();
        private Shape shape;
        private ReceptiveField field = ReceptiveField.PIXEL;

        Walk(Architecture architecture, Shape image) {
            a = architecture;
            shape = image;
        }

        private void stem(Stem stem) {
            conv(stem.first(), stem.width(0), stem.kernel(), stem.stride(), 1);
            for (int i = 1; i < stem.depth(); i++) {
                batchNorm(ResNet.STEM + "." + (3 * i - 2));
                conv(ResNet.STEM + "." + 3 * i, stem.width(i), stem.kernel(), 1, 1);
            }
            batchNorm("bn1");
            if (stem == Stem.DEEP_CONV_POOL) {
                conv("maxpool.0", stem.width(), 3, 2, 1);
                batchNorm("maxpool.1");
            } else if (stem.hasPool() && a.variants().contains(Variant.AVERAGE_POOL)) {
                pool("maxpool", AVERAGE, 2, Pool2dOptions.of(2, 2, 0).outputShape(shape));
            } else if (stem.hasPool()) {
                boolean blurs = a.variants().contains(Variant.BLUR_POOL);
                field = blurs ? field.after(3, 1) : field;
                pool("maxpool", "max pool 3×3, " + (blurs ? BLUR : "stride 2"), 3, Pool2dOptions.of(3, 2, 1).outputShape(shape));
            }
        }

        private void block(int i, String path, int stride) {
            Shape input = shape;
            ReceptiveField before = field;
            int out = a.channels(i);
            if (a.design().block() == BlockKind.BASIC) {
                convAndNorm(path, 1, out, 3, a.strideIn3x3(stride), 1);
                antiAliasing(path, stride);
                convAndNorm(path, 2, out, 3, 1, 1);
            } else {
                convAndNorm(path, 1, a.firstChannels(i), 1, a.strideIn1x1(stride), 1);
                convAndNorm(path, 2, a.innerChannels(i), 3, a.strideIn3x3(stride), a.design().groups());
                antiAliasing(path, stride);
                convAndNorm(path, 3, out, 1, 1, 1);
            }
            Shape output = shape;
            ReceptiveField after = field;
            attention(path + "se.", out);
            if (stride > 1 || input.dim(1) != out) {
                shape = input;
                field = before;
                shortcut(path, out, stride, output);
            }
            shape = output;
            field = after;
        }

        private void antiAliasing(String path, int stride) {
            if (a.isAntiAliased() && stride > 1) {
                boolean blurs = a.variants().contains(Variant.BLUR_POOL);
                pool(path + "aa", blurs ? BLUR : AVERAGE, blurs ? 3 : 2, halved());
            }
        }

        private Shape halved() {
            return shape.with(2, (shape.dim(2) + 1) / 2).with(3, (shape.dim(3) + 1) / 2);
        }

        /** The gates of a block's channels, which see the whole image. */
        private void attention(String path, int channels) {
            Attention kind = a.design().attention();
            field = field.after(Math.max(shape.dim(2), shape.dim(3)), 1);
            if (kind.squeezes()) {
                shape = Shape.of(1, channels, 1, 1);
                gate(path + "fc1", kind.squeezed(channels));
                gate(path + "fc2", channels);
            } else if (kind == Attention.EFFICIENT) {
                Shape weight = Shape.of(1, 1, EfficientChannelAttention.kernel(channels));
                add(path + "conv", "conv of " + weight.dim(2) + " channels", weight, Shape.of(1, 1, channels, 1), weight.size());
            }
        }

        private void gate(String name, int out) {
            Shape weight = Shape.of(out, shape.dim(1), 1, 1);
            add(name, "conv 1×1", weight, Shape.of(1, out, 1, 1), weight.size() + (long) out);
        }

        private void shortcut(String path, int out, int stride, Shape output) {
            Shortcut kind = a.design().shortcut();
            if (kind == Shortcut.PADDED) {
                add(path + "shortcut", "subsample by " + stride + ", pad with zeros", Shape.SCALAR, output, 0);
                return;
            }
            int first = kind == Shortcut.AVERAGED ? 1 : 0;
            if (kind == Shortcut.AVERAGED && stride > 1) {
                pool(path + "downsample.0", AVERAGE, 2, halved());
            }
            conv(path + "downsample." + first, out, kind.kernel(stride), kind.stride(stride), 1);
            batchNorm(path + "downsample." + (first + 1));
        }

        /** A pool of this window with stride 2. */
        private void pool(String name, String kind, int window, Shape output) {
            field = field.after(window, 2);
            add(name, kind, Shape.SCALAR, output, 0);
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
