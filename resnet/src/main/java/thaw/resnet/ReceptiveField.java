package thaw.resnet;

/**
 * The square of pixels that can change one value of a layer's output. Along a chain of layers with kernels {@code k} and strides
 * {@code s}, {@code size ← size + (k − 1)·stride}, then {@code stride ← stride·s} (Araujo, Norris and Sim 2019, "Computing receptive
 * fields of convolutional neural networks", equation 2). The gates of channel attention see the whole image; they are left out behind a
 * block, because they scale a channel's values alike.
 *
 * @param size   of the square, in pixels; it may be larger than the image
 * @param stride pixels between the squares of neighbouring values
 */
public record ReceptiveField(int size, int stride) {

    /** The field of an image's pixels. */
    public static final ReceptiveField PIXEL = new ReceptiveField(1, 1);

    /** The field of a convolution's or pool's output, given that of its input. */
    public ReceptiveField after(int kernel, int by) {
        return new ReceptiveField(size + (kernel - 1) * stride, stride * by);
    }
}
