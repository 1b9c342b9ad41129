package thaw.kernels.cpu.winograd;

import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

/**
 * Selects the convolutions for which Winograd's algorithm is faster: those that save enough multiplications to outweigh the
 * transforms and the larger weights.
 *
 * @param lanes the channels in a block
 */
public record WinogradChoice(int lanes) {

    /**
     * The least number of tiles for a convolution with as many channels as {@link #HEAVY}. With fewer tiles, reading four times
     * the weights costs more than the products save.
     */
    private static final int FEW_TILES = 8;

    /**
     * The least number of tiles with a stride of 2, where fewer products are saved. A single image takes two threads of a Xeon
     * with AVX-512, weights in memory, 0.47 ms directly and 0.56 by Winograd for 64 to 128 channels at 28×28, 1.0 and 1.3 for 256
     * to 256 at 14×14; 16 images 8.0 and 7.1, 15.8 and 15.6.
     */
    private static final int STRIDED_TILES = 64;

    /** Products of input and output channels from which on weights are heavy. */
    private static final int HEAVY = 512 * 512;

    /**
     * The least number of input channels with a stride of 2: with 32, the transforms cost as much as they save, and more
     * for the weight's gradient.
     */
    public static final int STRIDED_CHANNELS = 64;

    /** Whether Winograd is used for a convolution and for the gradient of its input. */
    public boolean suits(Shape x, Shape w, Shape y, Conv2dOptions o) {
        return isForm(x, w, o) && o.strideH() == 1 && pays(y, 1) && pays(x, 1)
                && (w.dim(0) * w.dim(1) < HEAVY || tiles(y) >= FEW_TILES);
    }

    /** Whether Winograd is used for a convolution, which may also have stride 2. */
    public boolean suitsForward(Shape x, Shape w, Shape y, Conv2dOptions o) {
        return suits(x, w, y, o) || isForm(x, w, o) && o.strideH() == 2 && x.dim(1) >= STRIDED_CHANNELS && pays(y, 2)
                && tiles(y) >= STRIDED_TILES;
    }

    private static int tiles(Shape y) {
        return y.dim(0) * WinogradTiles.along(y.dim(2)) * WinogradTiles.along(y.dim(3));
    }

    private boolean isForm(Shape x, Shape w, Conv2dOptions o) {
        return w.dim(2) == 3 && w.dim(3) == 3 && o.strideH() == o.strideW() && o.dilationH() == 1 && o.dilationW() == 1
                && o.groups() == 1 && o.paddingH() <= 2 && o.paddingW() <= 2 && x.dim(1) >= lanes && w.dim(0) >= lanes;
    }

    /** Whether there are few enough products, per image and pair of channels, compared with the direct convolution. */
    private static boolean pays(Shape y, int stride) {
        int products = WinogradTiles.products(y.dim(2), stride) * WinogradTiles.products(y.dim(3), stride);
        int direct = 9 * y.dim(2) * y.dim(3);
        return stride == 1 ? 2 * products < direct : 3 * products < 2 * direct;
    }
}
