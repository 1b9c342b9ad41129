package thaw.kernels.cpu;

import static thaw.kernels.cpu.Memory.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import thaw.kernels.Array;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;
import thaw.kernels.Shapes;

/**
 * Direct convolution on channel blocks (implicit matrix product, nothing is unrolled into columns): for each row of output
 * pixels and tile of output channels, {@link TwoVectorTaps} sums over the filter's places and input channels.
 *
 * <p>Images with few channels, as a stem sees them, stay row-major: blocks would be mostly zeros. Their taps are single
 * numbers and the output comes in blocks.
 */
final class VectorConvolution implements Convolution {

    /** Plans remembered; a network has some dozens, times the image and batch sizes in use. */
    private static final int PLANS = 2000;

    private record Key(Shape x, Shape w, Conv2dOptions options, boolean gradient, boolean rowMajor) {
    }

    /** What does not depend on the numbers: how the source is padded, and the walks over it. */
    private record Plan(PaddedImages padded, List<TapWalk> walks) {
    }

    /** Identifies packed weights among what is derived from a weight. */
    private record PackKey(PackedWeights.Layout layout, List<Integer> positions) {
    }

    private final Memory memory;
    private final Workers workers;
    private final int lanes;
    private final WinogradConvolution winograd;
    private final WinogradWeightGradient winogradWeightGradient;
    private final VectorWeightGradient weightGradient;
    private final Map<Key, Plan> plans = new ConcurrentHashMap<>();

    VectorConvolution(Memory memory, Workers workers) {
        this.memory = memory;
        this.workers = workers;
        this.lanes = memory.block();
        this.winograd = new WinogradConvolution(memory, workers);
        this.winogradWeightGradient = new WinogradWeightGradient(memory, workers);
        this.weightGradient = new VectorWeightGradient(memory, workers);
    }

    /** Whether a convolution reads its input row-major. */
    static boolean isStem(CpuArray x, int lanes, Conv2dOptions o) {
        return x.isRowMajor() && x.shape().dim(1) * 2 <= lanes && o.groups() == 1;
    }

    @Override
    public Array conv2d(Array array, Array weight, Array bias, Conv2dOptions o) {
        Shape outShape = Shapes.conv2d(array.shape(), weight.shape(), bias == null ? null : bias.shape(), o);
        CpuArray x = cpu(array);
        boolean stem = isStem(x, lanes, o);
        x = stem ? memory.asRowMajor(x) : memory.asBlocked(x);
        Shape xShape = x.shape();
        int outputs = (CpuArray.channelBlocks(outShape.dim(1), lanes) + 1) * lanes;
        float[] b = bias == null ? zeros(outputs) : memory.padded(bias, outputs);
        CpuArray y = memory.blocked(outShape);
        CpuArray w = memory.asRowMajor(weight);
        if (!stem && winograd.suits(xShape, w.shape(), outShape, o)) {
            winograd.forward(x, w, b, o, y);
        } else {
            Key key = new Key(xShape, w.shape(), o, false, stem);
            execute(plan(key, () -> forward(xShape, w.shape(), outShape, o, stem)), x, w, b, y);
        }
        memory.pool().give(b);
        w.release();
        x.release();
        return y;
    }

    @Override
    public Array inputGradient(Array gradient, Array weight, Shape xShape, Conv2dOptions o) {
        Shapes.conv2dInputGradient(gradient.shape(), weight.shape(), xShape, o);
        CpuArray gy = memory.asBlocked(gradient);
        CpuArray w = memory.asRowMajor(weight);
        CpuArray gx = memory.blocked(xShape);
        float[] none = zeros((gx.channelBlocks() + 1) * lanes);
        if (winograd.suits(xShape, w.shape(), gy.shape(), o)) {
            winograd.inputGradient(gy, w, none, o, gx);
        } else {
            direct(gy, w, none, o, gx);
        }
        memory.pool().give(none);
        w.release();
        gy.release();
        return gx;
    }

    private void direct(CpuArray gy, CpuArray w, float[] none, Conv2dOptions o, CpuArray gx) {
        Shape xShape = gx.shape();
        Plan plan = plan(new Key(xShape, w.shape(), o, true, false), () -> backward(gy.shape(), w.shape(), xShape, o));
        if (plan.walks.size() < o.strideH() * o.strideW() || o.strideH() > xShape.dim(2) || o.strideW() > xShape.dim(3)
                || plan.walks.stream().anyMatch(walk -> walk.places().count() == 0)) {
            Arrays.fill(gx.data(), 0, gx.length(), 0);
        }
        execute(plan, gy, w, none, gx);
    }

    @Override
    public Array weightGradient(Array gy, Array x, Shape wShape, Conv2dOptions o) {
        Shapes.conv2dWeightGradient(gy.shape(), x.shape(), wShape, o);
        if (!winograd.suits(x.shape(), wShape, gy.shape(), o) || !WinogradWeightGradient.pays(gy.shape())) {
            return weightGradient.compute(gy, x, wShape, o);
        }
        CpuArray source = memory.asBlocked(x);
        CpuArray gradient = memory.asBlocked(gy);
        CpuArray gw = memory.rowMajor(wShape);
        winogradWeightGradient.compute(source, gradient, o.paddingH(), o.paddingW(), gw);
        source.release();
        gradient.release();
        return gw;
    }

    private Plan plan(Key key, java.util.function.Supplier<Plan> make) {
        Plan plan = plans.get(key);
        if (plan == null) {
            if (plans.size() >= PLANS) {
                plans.clear();
            }
            plan = make.get();
            plans.put(key, plan);
        }
        return plan;
    }

    private float[] zeros(int length) {
        float[] z = memory.pool().take(length);
        Arrays.fill(z, 0, length, 0);
        return z;
    }

    private void execute(Plan plan, CpuArray source, CpuArray w, float[] bias, CpuArray target) {
        float[] from = source.data();
        float[] copy = null;
        if (plan.padded != null) {
            copy = memory.pool().take(plan.padded.length());
            plan.padded.copy(workers, from, copy);
            from = copy;
        }
        for (TapWalk walk : plan.walks) {
            if (walk.places().count() > 0) {
                walk.run(workers, from, packed(w, walk), bias, target.data());
            }
        }
        if (copy != null) {
            memory.pool().give(copy);
        }
    }

    private float[] packed(CpuArray w, TapWalk walk) {
        PackKey key = new PackKey(walk.layout(), Arrays.stream(walk.places().position()).boxed().toList());
        return w.storage().derive(key, () -> {
            int[] offsets = walk.weightOffsets();
            float[] out = memory.pool().take(offsets[offsets.length - 1]);
            float[] from = w.data();
            workers.run(walk.layout().tiles(), t -> PackedWeights.pack(walk.layout(), walk.places(), t, from, out, offsets[t]));
            return out;
        });
    }

    private Plan forward(Shape x, Shape w, Shape y, Conv2dOptions o, boolean stem) {
        int inLanes = stem ? 1 : lanes;
        int blocks = CpuArray.channelBlocks(x.dim(1), inLanes);
        PaddedImages padded = o.paddingH() == 0 && o.paddingW() == 0 ? null
                : new PaddedImages(x.dim(0) * blocks, x.dim(2), x.dim(3), inLanes,
                        o.paddingH(), o.paddingW(), o.paddingH(), o.paddingW());
        int height = x.dim(2) + 2 * o.paddingH();
        int width = x.dim(3) + 2 * o.paddingW();
        FilterPlaces places = FilterPlaces.all(w.dim(2), w.dim(3), o.dilationH(), o.dilationW(), width);
        PackedWeights.Layout layout = new PackedWeights.Layout(w.dim(0), x.dim(1), o.groups(), places.count(), false, inLanes, lanes);
        int plane = height * width * inLanes;
        int outPixels = y.dim(2) * y.dim(3);
        int outBlocks = CpuArray.channelBlocks(y.dim(1), lanes);
        int[] taps = places.taps(blocks, plane, inLanes);
        boolean pointwise = places.count() == 1 && o.strideH() == 1 && o.strideW() == 1 && padded == null;
        // A 1×1 filter does not care where a row ends: cut the image into pieces that suit the tiles instead.
        int piece = pointwise ? piece(outPixels) : y.dim(3);
        int rows = pointwise ? (outPixels + piece - 1) / piece : y.dim(2);
        TapWalk walk = new TapWalk(x.dim(0), rows, blocks * plane, 0,
                pointwise ? piece * inLanes : o.strideH() * width * inLanes, o.strideW() * inLanes, plane,
                outBlocks * outPixels * lanes, 0, piece * lanes, lanes, outPixels * lanes,
                piece, pointwise ? outPixels - (rows - 1) * piece : piece,
                places, layout, taps, layout.offsets(places.count()));
        return new Plan(padded, List.of(walk));
    }

    /** About 200 pixels, a multiple of the widest tile. */
    private static int piece(int pixels) {
        int pieces = Math.max(1, Math.round(pixels / 200f));
        return Math.min(pixels, (pixels + pieces * 14 - 1) / (pieces * 14) * 14);
    }

    /**
     * The gradient of the input as convolutions of the output's gradient. Input row {@code y} meets filter row {@code r} at
     * output row {@code (y + padding − r·dilation) / stride}, where that is whole; rows {@code y = phase + stride·j} meet the
     * same filter rows, at output rows {@code j + q} with {@code q = (phase + padding − r·dilation) / stride}. Columns alike.
     */
    private Plan backward(Shape gy, Shape w, Shape x, Conv2dOptions o) {
        int[][] qh = reach(w.dim(2), o.strideH(), o.paddingH(), o.dilationH());
        int[][] qw = reach(w.dim(3), o.strideW(), o.paddingW(), o.dilationW());
        int top = 0;
        int bottom = 0;
        int left = 0;
        int right = 0;
        for (int phase = 0; phase < Math.min(o.strideH(), x.dim(2)); phase++) {
            int last = (x.dim(2) - 1 - phase) / o.strideH();
            for (int q : qh[2 * phase + 1]) {
                top = Math.max(top, -q);
                bottom = Math.max(bottom, last + q - gy.dim(2) + 1);
            }
        }
        for (int phase = 0; phase < Math.min(o.strideW(), x.dim(3)); phase++) {
            int last = (x.dim(3) - 1 - phase) / o.strideW();
            for (int q : qw[2 * phase + 1]) {
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
        boolean pointwise = filter == 1 && o.strideH() == 1 && o.strideW() == 1 && padded == null && xPixels == gy.dim(2) * gy.dim(3);
        PackedWeights.Layout layout = new PackedWeights.Layout(x.dim(1), gy.dim(1), o.groups(), filter, true, lanes, lanes);

        List<TapWalk> walks = new ArrayList<>();
        for (int a = 0; a < Math.min(o.strideH(), x.dim(2)); a++) {
            for (int b = 0; b < Math.min(o.strideW(), x.dim(3)); b++) {
                int[] rows = qh[2 * a];
                int[] columns = qw[2 * b];
                int[] position = new int[rows.length * columns.length];
                int[] offset = new int[position.length];
                for (int i = 0; i < position.length; i++) {
                    int r = i / columns.length;
                    int c = i % columns.length;
                    position[i] = rows[r] * w.dim(3) + columns[c];
                    offset[i] = (qh[2 * a + 1][r] + top) * width + qw[2 * b + 1][c] + left;
                }
                FilterPlaces places = new FilterPlaces(position, offset);
                int piece = pointwise ? piece(xPixels) : (x.dim(3) - 1 - b) / o.strideW() + 1;
                int count = pointwise ? (xPixels + piece - 1) / piece : (x.dim(2) - 1 - a) / o.strideH() + 1;
                walks.add(new TapWalk(x.dim(0), count, blocks * plane, 0, (pointwise ? piece : width) * lanes, lanes, plane,
                        xBlocks * xPixels * lanes, (a * x.dim(3) + b) * lanes,
                        (pointwise ? piece : o.strideH() * x.dim(3)) * lanes, o.strideW() * lanes, xPixels * lanes,
                        piece, pointwise ? xPixels - (count - 1) * piece : piece,
                        places, layout, places.taps(blocks, plane, lanes), layout.offsets(places.count())));
            }
        }
        return new Plan(padded, walks);
    }

    /** For each phase of a stride, the filter rows that meet it ({@code [2·phase]}) and their {@code q} ({@code [2·phase + 1]}). */
    private static int[][] reach(int filter, int stride, int padding, int dilation) {
        int[][] out = new int[2 * stride][];
        for (int phase = 0; phase < stride; phase++) {
            int p = phase;
            int[] rows = java.util.stream.IntStream.range(0, filter)
                    .filter(r -> Math.floorMod(p + padding - r * dilation, stride) == 0).toArray();
            out[2 * phase] = rows;
            out[2 * phase + 1] = Arrays.stream(rows).map(r -> Math.floorDiv(p + padding - r * dilation, stride)).toArray();
        }
        return out;
    }
}
