package thaw.kernels.cpu.conv;

import java.util.ArrayList;
import java.util.List;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;
import thaw.kernels.cpu.grouped.FilterAxis;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.microkernel.PackedWeights;

/**
 * The part of a direct convolution that depends on shapes only: the images that it reads, and the loops over them. The extents
 * of the output are
 * <pre>
 * OH = ⌊(H + 2·padding − dilation·(R − 1) − 1) / stride⌋ + 1          OW likewise, with W and S
 * </pre>
 * and the sum of an output pixel, over the channels {@code c} of its group and the filter positions {@code (r, s)}, is
 * <pre>
 * y[n, k, i, j] = Σ x[n, c, i·stride + r·dilation − padding, j·stride + s·dilation − padding] · w[k, c, r, s]
 * </pre>
 * {@link SourceImages} stores the padding, so that the sum of {@code (i, j)} starts at the stored pixel
 * {@code (i·stride, j·stride)}. The tap {@code (c, r, s)} is {@code (r·dilation, s·dilation)} pixels after it in the plane of
 * {@code c}: the same distance in memory for every output pixel.
 */
record ConvolutionPlan(SourceImages source, List<LoopNest> nests) {

    /** The least number of items per job, so that any number of threads is evenly loaded. */
    static final int ITEMS = 64;

    /** The widest tile of pixels by the Vector API; and in scalar code, whose tiles are narrower but read more weights. */
    private static final int RUN = 14;
    private static final int SCALAR_RUN = 28;

    /**
     * The loops over rows of pixels of all images. A convolution is one nest. The gradient of the input with stride {@code s}
     * is {@code s·s} nests, one per phase of the input's pixels, each with the filter positions that reach them.
     *
     * @param target where the rows are stored
     */
    record LoopNest(Rows rows, Strides source, Strides target, Taps taps) {

        /**
         * Where rows follow each other without a gap in source and target, as in a 1×1 convolution, the images are cut into
         * runs of pixels that suit the tiles instead.
         */
        private static LoopNest of(Rows rows, Strides source, Strides target, Taps taps) {
            if (source.row != rows.pixels * source.pixel || target.row != rows.pixels * target.pixel) {
                return new LoopNest(rows, source, target, taps);
            }
            int pixels = rows.count * rows.pixels;
            int run = run(pixels, rows.images * taps.layout.pairs(), taps.layout.panel() > 2 ? SCALAR_RUN : RUN);
            int runs = (pixels + run - 1) / run;
            return new LoopNest(new Rows(rows.images, runs, run, pixels - (runs - 1) * run),
                    source.withRow(run * source.pixel), target.withRow(run * target.pixel), taps);
        }

        /**
         * The pixels of a run: about 200, or fewer if a job would have too few items.
         *
         * @param others the number of images times pairs of vectors of output channels
         * @param multiple a divisor of the result, unless it is all pixels
         */
        private static int run(int pixels, int others, int multiple) {
            int runs = Math.max(Math.max(1, Math.round(pixels / 200f)), (ITEMS + others - 1) / others);
            return Math.min(pixels, (pixels + runs * multiple - 1) / (runs * multiple) * multiple);
        }

        boolean isEmpty() {
            return taps.positions.count() == 0 || rows.total() == 0;
        }
    }

    /**
     * Rows of output pixels.
     *
     * @param count  rows per image
     * @param pixels pixels per row
     * @param last   pixels in an image's last row
     */
    record Rows(int images, int count, int pixels, int last) {

        int total() {
            return images * count;
        }

        int pixels(int row) {
            return row == count - 1 ? last : pixels;
        }
    }

    /** Floats before the first pixel, and from an image, a channel block, a row and a pixel to the next. */
    record Strides(int start, int image, int block, int row, int pixel) {

        static Strides of(int blocks, int rows, int columns, int lanes) {
            return new Strides(0, blocks * rows * columns * lanes, rows * columns * lanes, columns * lanes, lanes);
        }

        /** The strides of every {@code rows}-th row and {@code columns}-th column. */
        Strides every(int rows, int columns) {
            return new Strides(start, image, block, rows * row, columns * pixel);
        }

        Strides from(int firstRow, int firstColumn) {
            return new Strides(firstRow * row + firstColumn * pixel, image, block, row, pixel);
        }

        Strides withRow(int floats) {
            return new Strides(start, image, block, floats, pixel);
        }

        int at(int n, int firstBlock, int i) {
            return start + n * image + firstBlock * block + i * row;
        }
    }

    /**
     * The terms of each pixel's sum.
     *
     * @param layout    the order of the weights
     * @param positions the filter positions
     * @param weights   the offset of the weights of each tile of output channels
     * @param distances floats from a pixel's source to each tap
     */
    record Taps(PackedWeights.Layout layout, PackedWeights.Positions positions, int[] weights, int[] distances) {

        private static Taps of(PackedWeights.Layout layout, PackedWeights.Positions positions, Strides source) {
            return new Taps(layout, positions, layout.offsets(positions.count()),
                    positions.taps(source.image / source.block, source.block, layout.inputLanes()));
        }

        /** Floats of the packed weights. */
        int weightLength() {
            return weights[layout.tiles()];
        }
    }

    /**
     * @param inLanes channels per block of the input; 1 if it is row-major
     * @param panel   the most vectors of output channels that an inner loop computes together
     */
    static ConvolutionPlan forward(Shape x, Shape w, Shape y, Conv2dOptions o, int inLanes, int lanes, int panel) {
        SourceImages source = SourceImages.of(x, w, o, inLanes);
        Strides from = source.strides(CpuArray.channelBlocks(x.dim(1), inLanes))
                .every(o.strideH() / source.rows().step(), o.strideW() / source.columns().step());
        PackedWeights.Positions all = PackedWeights.Positions.all(w.dim(2), w.dim(3), o.dilationH(), o.dilationW(), source.width());
        Taps taps = Taps.of(new PackedWeights.Layout(w.dim(0), x.dim(1), o.groups(), all.count(), false, inLanes, lanes, panel), all, from);
        return new ConvolutionPlan(source,
                List.of(LoopNest.of(new Rows(y.dim(0), y.dim(2), y.dim(3), y.dim(3)), from, strides(y, lanes), taps)));
    }

    /** The input's gradient as convolutions of the output's gradient; see {@link FilterAxis#backward}. */
    static ConvolutionPlan inputGradient(Shape gy, Shape w, Shape x, Conv2dOptions o, int lanes, int panel) {
        FilterAxis[] down = FilterAxis.backward(x.dim(2), w.dim(2), o.strideH(), o.paddingH(), o.dilationH());
        FilterAxis[] right = FilterAxis.backward(x.dim(3), w.dim(3), o.strideW(), o.paddingW(), o.dilationW());
        int blocks = CpuArray.channelBlocks(gy.dim(1), lanes);
        SourceImages source = new SourceImages(gy.dim(0) * blocks, lanes, SourceImages.Axis.reachedBy(down, gy.dim(2)),
                SourceImages.Axis.reachedBy(right, gy.dim(3)));
        Strides from = source.strides(blocks);
        Strides to = strides(x, lanes);
        PackedWeights.Layout layout = new PackedWeights.Layout(x.dim(1), gy.dim(1), o.groups(), w.dim(2) * w.dim(3), true, lanes,
                lanes, panel);
        List<LoopNest> nests = new ArrayList<>();
        for (FilterAxis row : down) {
            for (FilterAxis column : right) {
                nests.add(LoopNest.of(new Rows(x.dim(0), row.count(), column.count(), column.count()), from,
                        to.from(row.start(), column.start()).every(row.step(), column.step()),
                        Taps.of(layout, positions(row, column, w.dim(3), source), from)));
            }
        }
        return new ConvolutionPlan(source, nests);
    }

    private static Strides strides(Shape target, int lanes) {
        return Strides.of(CpuArray.channelBlocks(target.dim(1), lanes), target.dim(2), target.dim(3), lanes);
    }

    /** The filter positions of a phase of rows and one of columns. */
    private static PackedWeights.Positions positions(FilterAxis row, FilterAxis column, int filterWidth, SourceImages source) {
        int columns = column.filter().length;
        int[] position = new int[row.filter().length * columns];
        int[] distance = new int[position.length];
        for (int i = 0; i < position.length; i++) {
            int r = i / columns;
            int s = i % columns;
            position[i] = row.filter()[r] * filterWidth + column.filter()[s];
            distance[i] = (row.offset()[r] + source.rows().before()) * source.width() + column.offset()[s]
                    + source.columns().before();
        }
        return new PackedWeights.Positions(position, distance);
    }

    /** Whether the nests write every pixel of the target. */
    boolean coversTarget() {
        return nests.stream().allMatch(nest -> nest.taps.positions.count() > 0);
    }
}
