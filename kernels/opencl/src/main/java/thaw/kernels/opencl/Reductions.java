package thaw.kernels.opencl;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import thaw.kernels.Array;
import thaw.kernels.ReductionOps;
import thaw.kernels.Shape;
import thaw.kernels.Shapes;

/** Sums, and the index of the largest element; see {@code sum.cl} and {@code argmax.cl}. */
final class Reductions implements ReductionOps {

    /** Terms that a work-item adds alone, before a tree or the next level continues: more would increase the rounding error. */
    private static final int TERMS_OF_AN_ITEM = 32;
    /** The number of contiguous terms from which on a work-group per output is faster. */
    private static final int ROW = 32;

    private final Memory memory;
    private final Programs programs;

    Reductions(Memory memory, Programs programs) {
        this.memory = memory;
        this.programs = programs;
    }

    @Override
    public OpenClArray sum(Array array, boolean keepDim, int... dims) {
        OpenClArray x = memory.mine(array);
        Shape shape = Shapes.sum(x.shape(), keepDim, dims);
        int[] reduced = Shapes.reduced(x.shape(), dims);
        List<Integer> gone = Arrays.stream(reduced).sorted().boxed().toList();
        List<Integer> kept = IntStream.range(0, x.shape().rank()).filter(d -> !gone.contains(d)).boxed().toList();
        int[] extents = x.shape().toArray();
        int[] strides = x.shape().rowMajorStrides();
        int[] terms = Walk.pick(extents, gone);
        Walk outputWalk = Walk.of(Walk.pick(extents, kept), Walk.pick(strides, kept));
        Walk termWalk = Walk.of(terms, Walk.pick(strides, gone));
        int length = Arrays.stream(terms).reduce(1, (a, b) -> a * b);
        try (Workspace work = memory.workspace()) {
            OpenClArray y = work.result(shape);
            if (termWalk.innermostStride() == 1 && termWalk.innermostExtent() >= ROW) {
                rows(work, x, outputWalk, termWalk, length, y);
            } else {
                columns(work, x, outputWalk, termWalk, length, y);
            }
            work.complete();
            return y;
        }
    }

    private void rows(Workspace work, OpenClArray x, Walk kept, Walk reduced, int length, OpenClArray y) {
        CompiledKernel kernel = programs.kernel("sum.cl", "sum_rows");
        int group = kernel.groupSize(Launch.GROUP);
        int chunk = group * TERMS_OF_AN_ITEM;
        int splits = Math.max(1, (length + chunk - 1) / chunk);
        OpenClArray sums = splits == 1 ? y : work.temporary(y.size() * splits);
        programs.launch(kernel).array(x).array(sums).ints(kept.toInts()).ints(reduced.toInts()).ints(length).ints(chunk)
                .ints(splits).local(group).work(x.size(), 4.0 * x.size()).groups((long) y.size() * splits, group);
        if (splits > 1) {
            rows(work, sums, walk(y.size(), splits), walk(splits, 1), splits, y);
        }
    }

    private void columns(Workspace work, OpenClArray x, Walk kept, Walk reduced, int length, OpenClArray y) {
        int outputs = y.size();
        int splits = Math.max(1, (length + TERMS_OF_AN_ITEM - 1) / TERMS_OF_AN_ITEM);
        OpenClArray sums = splits == 1 ? y : work.temporary(outputs * splits);
        programs.launch("sum.cl", "sum_columns").array(x).array(sums).ints(kept.toInts()).ints(reduced.toInts()).ints(length)
                .ints(TERMS_OF_AN_ITEM).ints(splits).ints(outputs).work(x.size(), 4.0 * x.size())
                .over((long) outputs * splits);
        if (splits > 1) {
            columns(work, sums, walk(outputs, 1), walk(splits, outputs), splits, y);
        }
    }

    private static Walk walk(int extent, int stride) {
        return Walk.of(new int[] {extent}, new int[] {stride});
    }

    @Override
    public OpenClArray argmax(Array array) {
        OpenClArray x = memory.mine(array);
        return memory.result(Shapes.argmax(x.shape()), y -> {
            CompiledKernel kernel = programs.kernel("argmax.cl", "argmax");
            int group = kernel.groupSize(Math.min(Launch.GROUP, 64));
            programs.launch(kernel).array(x).array(y).ints(x.dim(1)).local(group).local(group)
                    .work(x.size(), 4.0 * x.size()).groups(y.size(), group);
        });
    }
}
