package thaw.kernels.cpu.winograd;

import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

/**
 * Selects the convolutions for which Winograd's algorithm is faster, and the size of their tiles: those that save enough
 * multiplications to outweigh the transforms and the larger weights.
 *
 * @param lanes the channels in a block
 */
public record WinogradChoice(int lanes) {

    /**
     * The least number of tiles for a convolution whose weights do not fit into a cache: one of stride 2, and one with as
     * many channels as {@link #HEAVY}. With fewer tiles, reading four times the weights costs more than the products save.
     */
    private static final int FEW_TILES = 8;

    /** Outputs along a line of a tile. */
    private static final int LARGE = WinogradPoints.OUTPUTS;

    /**
     * Outputs along a line of the small tiles used if there are too few large ones, so that a filter has 16 values instead
     * of 36. A single image of 7×7 and 512 channels takes two threads 0.75 to 1.0 ms, depending on whether their cores
     * share a cache; 1.0 to 2.6 in large tiles, 1.2 direct.
     */
    private static final int SMALL = 2;

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
                && (w.dim(0) * w.dim(1) < HEAVY || tiles(y, LARGE) >= FEW_TILES);
    }

    /** Whether Winograd is used for a convolution, which may also have stride 2, or tiles of 2×2. */
    public boolean suitsForward(Shape x, Shape w, Shape y, Conv2dOptions o) {
        return suits(x, w, y, o) || suitsSmall(x, w, y, o)
                || isForm(x, w, o) && o.strideH() == 2 && x.dim(1) >= STRIDED_CHANNELS && pays(y, 2)
                        && tiles(y, LARGE) >= FEW_TILES;
    }

    /** Outputs along a line of a tile, for a convolution that Winograd suits. */
    public int side(Shape x, Shape w, Shape y, Conv2dOptions o) {
        return suitsSmall(x, w, y, o) ? SMALL : LARGE;
    }

    private boolean suitsSmall(Shape x, Shape w, Shape y, Conv2dOptions o) {
        return isForm(x, w, o) && o.strideH() == 1 && w.dim(0) * w.dim(1) >= HEAVY && tiles(y, LARGE) < FEW_TILES
                && tiles(y, SMALL) >= FEW_TILES && 5 * products(y, 1, SMALL) < 3 * 9 * y.dim(2) * y.dim(3);
    }

    private static int tiles(Shape y, int side) {
        return y.dim(0) * WinogradTiles.along(y.dim(2), side) * WinogradTiles.along(y.dim(3), side);
    }

    private boolean isForm(Shape x, Shape w, Conv2dOptions o) {
        return w.dim(2) == 3 && w.dim(3) == 3 && o.strideH() == o.strideW() && o.dilationH() == 1 && o.dilationW() == 1
                && o.groups() == 1 && o.paddingH() <= 2 && o.paddingW() <= 2 && x.dim(1) >= lanes && w.dim(0) >= lanes;
    }

    /** Whether there are few enough products compared with the direct convolution. */
    private static boolean pays(Shape y, int stride) {
        int products = products(y, stride, LARGE);
        int direct = 9 * y.dim(2) * y.dim(3);
        return stride == 1 ? 2 * products < direct : 3 * products < 2 * direct;
    }

    /** Products per image for each pair of channels. */
    private static int products(Shape y, int stride, int side) {
        return WinogradTiles.products(y.dim(2), stride, side) * WinogradTiles.products(y.dim(3), stride, side);
    }
}
