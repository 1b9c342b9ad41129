package thaw.resnet.visualize;

import java.util.Arrays;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.nn.Module;
import thaw.kernels.Shape;

/**
 * Occlusion sensitivity (Zeiler and Fergus 2014, section 4.2 and figure 7): a square covers one region of the image after the other, and
 * the class's probability falls where the covered region spoke for it.
 *
 * @param side   of the square, in pixels
 * @param stride between two squares, in pixels
 */
public record Occlusion(int side, int stride) {

    /** Covered images that are computed at a time. */
    private static final int BATCH = 32;

    /** @throws IllegalArgumentException if a value is below 1 */
    public Occlusion {
        if (side < 1 || stride < 1) {
            throw new IllegalArgumentException("occlusion: expected a side and a stride of at least 1, got " + side + " and " + stride);
        }
    }

    /** A square of a quarter of the image's width, moved by a quarter of its own. */
    public static Occlusion of(int width) {
        int side = Math.max(1, width / 4);
        return new Occlusion(side, Math.max(1, side / 4));
    }

    /**
     * The probability of a class without a region covered, minus that with the square there. The network is put into evaluation mode.
     *
     * @param net   {@code [N, C, H, W] → [N, classes]}, scores without softmax
     * @param image {@code [1, C, H, W]}, normalised as for the network, so that 0 is the mean colour that the square has
     * @param label the number of the class
     */
    public Heatmap heatmap(Module net, Tensor image, int label) {
        Shape shape = image.shape();
        int rows = positions(shape.dim(2));
        int columns = positions(shape.dim(3));
        net.eval();
        float[] pixels = image.toFloats();
        float[] drop = new float[rows * columns];
        try (NoGrad off = image.device().noGrad(); Scope scope = image.device().scope()) {
            float whole = probability(net, image, pixels, 1, label)[0];
            for (int from = 0; from < drop.length; from += BATCH) {
                int count = Math.min(BATCH, drop.length - from);
                float[] batch = new float[count * pixels.length];
                for (int i = 0; i < count; i++) {
                    System.arraycopy(pixels, 0, batch, i * pixels.length, pixels.length);
                    cover(batch, i * pixels.length, shape, (from + i) / columns * stride, (from + i) % columns * stride);
                }
                float[] covered = probability(net, image, batch, count, label);
                for (int i = 0; i < count; i++) {
                    drop[from + i] = whole - covered[i];
                }
            }
        }
        return new Heatmap(columns, rows, drop);
    }

    private int positions(int extent) {
        return Math.max(1, (extent - side) / stride + 1);
    }

    private void cover(float[] batch, int image, Shape shape, int top, int left) {
        for (int c = 0; c < shape.dim(1); c++) {
            for (int i = top; i < Math.min(top + side, shape.dim(2)); i++) {
                int row = image + (c * shape.dim(2) + i) * shape.dim(3);
                Arrays.fill(batch, row + left, row + Math.min(left + side, shape.dim(3)), 0);
            }
        }
    }

    private static float[] probability(Module net, Tensor image, float[] pixels, int count, int label) {
        Device device = image.device();
        try (Scope scope = device.scope()) {
            Tensor logs = net.call(device.tensor(image.shape().with(0, count), pixels)).logSoftmax();
            return logs.narrow(1, label, 1).exp().toFloats();
        }
    }
}
