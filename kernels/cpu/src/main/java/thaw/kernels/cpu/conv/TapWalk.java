package thaw.kernels.cpu.conv;

import thaw.kernels.cpu.microkernel.BlockLoops;
import thaw.kernels.cpu.microkernel.BlockedEpilogue;
import thaw.kernels.cpu.microkernel.FilterPlaces;
import thaw.kernels.cpu.microkernel.PackedWeights;
import thaw.kernels.cpu.microkernel.PixelRow;
import thaw.kernels.cpu.parallel.Workers;

/**
 * One pass of the micro-kernel over all pixels of an output: the rows of pixels, the offsets of each row's source and
 * target, and the taps. A forward convolution is one walk; the gradient of the input with stride {@code s} is {@code s·s}
 * walks, one per phase of the input's pixels, each with the filter positions that reach it.
 *
 * @param images      N
 * @param rows        rows per image
 * @param sourceImage floats in an image of the source
 * @param sourceStart the offset of the first row's first source pixel
 * @param sourceRow   floats from a row's source to the next row's
 * @param px          floats between the sources of neighbouring pixels
 * @param sourceBlock floats in a channel block of the source
 * @param targetImage floats in an image of the target
 * @param targetStart the offset of the first row
 * @param targetRow   floats between rows
 * @param py          floats between neighbouring pixels of the target
 * @param targetBlock floats in a channel block of the target
 * @param pixels      pixels per row
 * @param lastPixels  pixels in an image's last row
 */
record TapWalk(int images, int rows, int sourceImage, int sourceStart, int sourceRow, int px, int sourceBlock,
        int targetImage, int targetStart, int targetRow, int py, int targetBlock, int pixels, int lastPixels,
        FilterPlaces places, PackedWeights.Layout layout, int[] taps, int[] weightOffsets) {

    /** Multiply-adds in an item beyond which the cost of handing it to a thread is negligible. */
    private static final long ITEM = 2_000_000;

    /** The least number of items per job, so that any number of threads is evenly loaded. */
    static final int ITEMS = 64;

    /**
     * Runs the walk.
     *
     * @param w        the weights in the order of {@link PackedWeights}
     * @param epilogue null for none
     */
    void run(Workers workers, BlockLoops loops, float[] source, float[] w, BlockedEpilogue epilogue, float[] target) {
        int total = images * rows;
        if (total == 0) {
            return;
        }
        int shift = Integer.numberOfTrailingZeros(layout.inputLanes());
        int lanes = layout.outputLanes();
        int tiles = layout.tiles();
        long perRow = (long) pixels * layout.steps(0, places.count()) * tiles * layout.width() * lanes;
        int group = (int) Math.max(1, Math.min(total / ITEMS, ITEM / Math.max(1, perRow)));
        int groups = (total + group - 1) / group;
        int enough = Math.min(tiles, (ITEMS + groups - 1) / groups);
        int splits = workers.shareEvenly(groups * enough) ? enough : tiles;
        workers.run(groups * splits, item -> {
            int first = item / splits * group;
            int end = Math.min(total, first + group);
            int split = item % splits;
            for (int tile = split * tiles / splits; tile < (split + 1) * tiles / splits; tile++) {
                int vectors = layout.vectors(tile);
                int steps = layout.steps(tile, places.count());
                int block = layout.firstBlock(tile);
                for (int r = first; r < end; r++) {
                    int n = r / rows;
                    int row = r % rows;
                    int count = row == rows - 1 ? lastPixels : pixels;
                    loops.pixels(count, PixelRow.tile(count, vectors), vectors,
                            source, n * sourceImage + sourceStart + row * sourceRow + block * sourceBlock, px,
                            taps, shift, steps, w, weightOffsets[tile], epilogue, layout.firstOutput(tile),
                            target, n * targetImage + targetStart + row * targetRow + tile * layout.width() * targetBlock,
                            py, targetBlock);
                }
            }
        });
    }
}
