package thaw.kernels.cpu.conv;

import java.util.ArrayList;
import java.util.List;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;
import thaw.kernels.cpu.grouped.StridePhase;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.microkernel.FilterPlaces;
import thaw.kernels.cpu.microkernel.PackedWeights;

/**
 * The part of a direct convolution that depends on shapes only: the padding of its source, and the walks over it.
 *
 * @param copy         null if the source is read in place
 * @param coversTarget whether the walks write every pixel of the target
 */
record ConvolutionPlan(SourceCopy copy, List<TapWalk> walks, boolean coversTarget) {

    /** @param stem whether the input is row-major */
    static ConvolutionPlan forward(Shape x, Shape w, Shape y, Conv2dOptions o, boolean stem, int lanes) {
        int inLanes = stem ? 1 : lanes;
        int blocks = CpuArray.channelBlocks(x.dim(1), inLanes);
        boolean sampled = isSampled(w, o);
        SourceCopy copy = sampled ? new SampledImages(x.dim(0) * blocks, x.dim(2), x.dim(3), inLanes, o.strideH(), o.strideW())
                : o.paddingH() == 0 && o.paddingW() == 0 ? null
                        : new PaddedImages(x.dim(0) * blocks, x.dim(2), x.dim(3), inLanes,
                                o.paddingH(), o.paddingW(), o.paddingH(), o.paddingW());
        int height = sampled ? y.dim(2) : x.dim(2) + 2 * o.paddingH();
        int width = sampled ? y.dim(3) : x.dim(3) + 2 * o.paddingW();
        FilterPlaces places = FilterPlaces.all(w.dim(2), w.dim(3), o.dilationH(), o.dilationW(), width);
        PackedWeights.Layout layout =
                new PackedWeights.Layout(w.dim(0), x.dim(1), o.groups(), places.count(), false, inLanes, lanes);
        int plane = height * width * inLanes;
        int outPixels = y.dim(2) * y.dim(3);
        int outBlocks = CpuArray.channelBlocks(y.dim(1), lanes);
        int[] taps = places.taps(blocks, plane, inLanes);
        boolean pointwise = sampled || places.count() == 1 && o.strideH() == 1 && o.strideW() == 1 && copy == null;
        // A 1×1 filter is independent of row boundaries: cut the image into pieces that suit the tiles instead.
        int piece = pointwise ? piece(outPixels, x.dim(0) * layout.tiles()) : y.dim(3);
        int rows = pointwise ? (outPixels + piece - 1) / piece : y.dim(2);
        TapWalk walk = new TapWalk(x.dim(0), rows, blocks * plane, 0,
                pointwise ? piece * inLanes : o.strideH() * width * inLanes, pointwise ? inLanes : o.strideW() * inLanes, plane,
                outBlocks * outPixels * lanes, 0, piece * lanes, lanes, outPixels * lanes,
                piece, pointwise ? outPixels - (rows - 1) * piece : piece,
                places, layout, taps, layout.offsets(places.count()));
        return new ConvolutionPlan(copy, List.of(walk), true);
    }

    /** Whether a convolution reads only some pixels of its input, each at a single position of its filter (1×1 with stride). */
    static boolean isSampled(Shape w, Conv2dOptions o) {
        return w.dim(2) == 1 && w.dim(3) == 1 && o.strideH() + o.strideW() > 2 && o.paddingH() == 0 && o.paddingW() == 0;
    }

    /**
     * The pixels of one piece: about 200, or fewer if a job would have too few items; a multiple of the widest tile.
     *
     * @param others the number of images times channel tiles
     */
    private static int piece(int pixels, int others) {
        int pieces = Math.max(Math.max(1, Math.round(pixels / 200f)), (TapWalk.ITEMS + others - 1) / others);
        return Math.min(pixels, (pixels + pieces * 14 - 1) / (pieces * 14) * 14);
    }

    /**
     * The input's gradient as convolutions of the output's gradient. Input row {@code y} meets filter row {@code r} at
     * output row {@code (y + padding − r·dilation) / stride}, if that is an integer; rows {@code y = phase + stride·j}
     * meet the same filter rows, at output rows {@code j + q} with {@code q = (phase + padding − r·dilation) / stride}.
     * Columns likewise.
     */
    static ConvolutionPlan backward(Shape gy, Shape w, Shape x, Conv2dOptions o, int lanes) {
        StridePhase[] qh = StridePhase.of(w.dim(2), o.strideH(), o.paddingH(), o.dilationH());
        StridePhase[] qw = StridePhase.of(w.dim(3), o.strideW(), o.paddingW(), o.dilationW());
        int top = 0;
        int bottom = 0;
        int left = 0;
        int right = 0;
        for (int phase = 0; phase < Math.min(o.strideH(), x.dim(2)); phase++) {
            int last = (x.dim(2) - 1 - phase) / o.strideH();
            for (int q : qh[phase].output()) {
                top = Math.max(top, -q);
                bottom = Math.max(bottom, last + q - gy.dim(2) + 1);
            }
        }
        for (int phase = 0; phase < Math.min(o.strideW(), x.dim(3)); phase++) {
            int last = (x.dim(3) - 1 - phase) / o.strideW();
            for (int q : qw[phase].output()) {
                left = Math.max(left, -q);
                right = Math.max(right, last + q - gy.dim(3) + 1);
            }
        }
        int blocks = CpuArray.channelBlocks(gy.dim(1), lanes);
        PaddedImages padded = top + bottom + left + right == 0 ? null
                : new PaddedImages(gy.dim(0) * blocks, gy.dim(2), gy.dim(3), lanes, top, left, bottom, right);
        int width = gy.dim(3) + left + right;
        int plane = (gy.dim(2) + top + bottom) * width * lanes;
        int filter = w.dim(2) * w.dim(3);
        int xPixels = x.dim(2) * x.dim(3);
        int xBlocks = CpuArray.channelBlocks(x.dim(1), lanes);
        boolean pointwise = filter == 1 && o.strideH() == 1 && o.strideW() == 1 && padded == null
                && xPixels == gy.dim(2) * gy.dim(3);
        PackedWeights.Layout layout = new PackedWeights.Layout(x.dim(1), gy.dim(1), o.groups(), filter, true, lanes, lanes);

        List<TapWalk> walks = new ArrayList<>();
        for (int a = 0; a < Math.min(o.strideH(), x.dim(2)); a++) {
            for (int b = 0; b < Math.min(o.strideW(), x.dim(3)); b++) {
                int[] rows = qh[a].filter();
                int[] columns = qw[b].filter();
                int[] position = new int[rows.length * columns.length];
                int[] offset = new int[position.length];
                for (int i = 0; i < position.length; i++) {
                    int r = i / columns.length;
                    int c = i % columns.length;
                    position[i] = rows[r] * w.dim(3) + columns[c];
                    offset[i] = (qh[a].output()[r] + top) * width + qw[b].output()[c] + left;
                }
                FilterPlaces places = new FilterPlaces(position, offset);
                int piece = pointwise ? piece(xPixels, x.dim(0) * layout.tiles()) : (x.dim(3) - 1 - b) / o.strideW() + 1;
                int count = pointwise ? (xPixels + piece - 1) / piece : (x.dim(2) - 1 - a) / o.strideH() + 1;
                walks.add(new TapWalk(x.dim(0), count, blocks * plane, 0, (pointwise ? piece : width) * lanes, lanes, plane,
                        xBlocks * xPixels * lanes, (a * x.dim(3) + b) * lanes,
                        (pointwise ? piece : o.strideH() * x.dim(3)) * lanes, o.strideW() * lanes, xPixels * lanes,
                        piece, pointwise ? xPixels - (count - 1) * piece : piece,
                        places, layout, places.taps(blocks, plane, lanes), layout.offsets(places.count())));
            }
        }
        boolean covers = walks.stream().allMatch(walk -> walk.places().count() > 0);
        return new ConvolutionPlan(padded, walks, covers);
    }
}
