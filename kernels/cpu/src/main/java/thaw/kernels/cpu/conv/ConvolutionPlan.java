package thaw.kernels.cpu.conv;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;
import thaw.kernels.cpu.grouped.FilterAxis;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.microkernel.PackedWeights;

/**
 * The part of a direct convolution that depends on shapes only: the padding of its source, and the walks over it.
 *
 * @param copy         null if the source is read in place
 * @param coversTarget whether the walks write every pixel of the target
 */
record ConvolutionPlan(@Nullable SourceImages copy, List<Walk> walks, boolean coversTarget) {

    /** The least number of items per job, so that any number of threads is evenly loaded. */
    static final int ITEMS = 64;

    /**
     * One pass of the micro-kernel over all pixels of an output: the rows of pixels, the offsets of each row's source and
     * target, and the taps. A forward convolution is one walk; the gradient of the input with stride {@code s} is
     * {@code s·s} walks, one per phase of the input's pixels, each with the filter positions that reach it.
     *
     * @param images      N
     * @param rows        rows per image
     * @param sourceImage floats in an image of the source
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
    record Walk(int images, int rows, int sourceImage, int sourceRow, int px, int sourceBlock, int targetImage, int targetStart,
            int targetRow, int py, int targetBlock, int pixels, int lastPixels, PackedWeights.Places places,
            PackedWeights.Layout layout, int[] taps, int[] weightOffsets) {

        /** Floats of the packed weights. */
        int weightLength() {
            return weightOffsets[weightOffsets.length - 1];
        }
    }

    /** @param stem whether the input is row-major */
    static ConvolutionPlan forward(Shape x, Shape w, Shape y, Conv2dOptions o, boolean stem, int lanes) {
        int inLanes = stem ? 1 : lanes;
        int blocks = CpuArray.channelBlocks(x.dim(1), inLanes);
        SourceImages source = SourceImages.of(x, w, o, inLanes);
        SourceImages copy = source instanceof SourceImages.Padded padded && padded.isUnpadded() ? null : source;
        boolean sampled = source instanceof SourceImages.Sampled;
        int width = source.columns();
        PackedWeights.Places places = PackedWeights.Places.all(w.dim(2), w.dim(3), o.dilationH(), o.dilationW(), width);
        PackedWeights.Layout layout = new PackedWeights.Layout(w.dim(0), x.dim(1), o.groups(), places.count(), false, inLanes, lanes);
        int plane = source.plane();
        int outPixels = y.dim(2) * y.dim(3);
        int outBlocks = CpuArray.channelBlocks(y.dim(1), lanes);
        int[] taps = places.taps(blocks, plane, inLanes);
        boolean pointwise = sampled || places.count() == 1 && o.strideH() == 1 && o.strideW() == 1 && copy == null;
        // A 1×1 filter is independent of row boundaries: cut the image into pieces that suit the tiles instead.
        int piece = pointwise ? piece(outPixels, x.dim(0) * layout.tiles()) : y.dim(3);
        int rows = pointwise ? (outPixels + piece - 1) / piece : y.dim(2);
        Walk walk = new Walk(x.dim(0), rows, blocks * plane,
                pointwise ? piece * inLanes : o.strideH() * width * inLanes, pointwise ? inLanes : o.strideW() * inLanes, plane,
                outBlocks * outPixels * lanes, 0, piece * lanes, lanes, outPixels * lanes,
                piece, pointwise ? outPixels - (rows - 1) * piece : piece,
                places, layout, taps, layout.offsets(places.count()));
        return new ConvolutionPlan(copy, List.of(walk), true);
    }

    /**
     * The pixels of one piece: about 200, or fewer if a job would have too few items; a multiple of the widest tile.
     *
     * @param others the number of images times channel tiles
     */
    private static int piece(int pixels, int others) {
        int pieces = Math.max(Math.max(1, Math.round(pixels / 200f)), (ITEMS + others - 1) / others);
        return Math.min(pixels, (pixels + pieces * 14 - 1) / (pieces * 14) * 14);
    }

    /** The input's gradient as convolutions of the output's gradient; see {@link FilterAxis#backward}. */
    static ConvolutionPlan backward(Shape gy, Shape w, Shape x, Conv2dOptions o, int lanes) {
        FilterAxis[] down = FilterAxis.backward(x.dim(2), w.dim(2), o.strideH(), o.paddingH(), o.dilationH());
        FilterAxis[] right = FilterAxis.backward(x.dim(3), w.dim(3), o.strideW(), o.paddingW(), o.dilationW());
        int blocks = CpuArray.channelBlocks(gy.dim(1), lanes);
        SourceImages.Padded padded = new SourceImages.Padded(gy.dim(0) * blocks, gy.dim(2), gy.dim(3), lanes,
                before(down), before(right), after(down, gy.dim(2)), after(right, gy.dim(3)));
        int width = padded.columns();
        int plane = padded.plane();
        int filter = w.dim(2) * w.dim(3);
        int xPixels = x.dim(2) * x.dim(3);
        int xBlocks = CpuArray.channelBlocks(x.dim(1), lanes);
        boolean pointwise = filter == 1 && o.strideH() == 1 && o.strideW() == 1 && padded.isUnpadded()
                && xPixels == gy.dim(2) * gy.dim(3);
        PackedWeights.Layout layout = new PackedWeights.Layout(x.dim(1), gy.dim(1), o.groups(), filter, true, lanes, lanes);

        List<Walk> walks = new ArrayList<>();
        for (FilterAxis row : down) {
            for (FilterAxis column : right) {
                PackedWeights.Places places = places(row, column, w.dim(3), padded);
                int piece = pointwise ? piece(xPixels, x.dim(0) * layout.tiles()) : column.count();
                int count = pointwise ? (xPixels + piece - 1) / piece : row.count();
                walks.add(new Walk(x.dim(0), count, blocks * plane, (pointwise ? piece : width) * lanes, lanes, plane,
                        xBlocks * xPixels * lanes, (row.start() * x.dim(3) + column.start()) * lanes,
                        (pointwise ? piece : o.strideH() * x.dim(3)) * lanes, o.strideW() * lanes, xPixels * lanes,
                        piece, pointwise ? xPixels - (count - 1) * piece : piece,
                        places, layout, places.taps(blocks, plane, lanes), layout.offsets(places.count())));
            }
        }
        boolean covers = walks.stream().allMatch(walk -> walk.places().count() > 0);
        return new ConvolutionPlan(padded.isUnpadded() ? null : padded, walks, covers);
    }

    /** The filter positions of a phase of rows and one of columns. */
    private static PackedWeights.Places places(FilterAxis row, FilterAxis column, int filterWidth, SourceImages.Padded source) {
        int columns = column.filter().length;
        int[] position = new int[row.filter().length * columns];
        int[] offset = new int[position.length];
        for (int i = 0; i < position.length; i++) {
            int r = i / columns;
            int c = i % columns;
            position[i] = row.filter()[r] * filterWidth + column.filter()[c];
            offset[i] = (row.offset()[r] + source.top()) * source.columns() + column.offset()[c] + source.left();
        }
        return new PackedWeights.Places(position, offset);
    }

    /** The padding before the source's first position. */
    private static int before(FilterAxis[] axes) {
        return Math.max(0, -FilterAxis.least(axes));
    }

    /** The padding after the last of its {@code extent} positions. */
    private static int after(FilterAxis[] axes, int extent) {
        return Arrays.stream(axes).flatMapToInt(axis -> Arrays.stream(axis.offset()).map(q -> axis.count() + q - extent))
                .reduce(0, Math::max);
    }
}
