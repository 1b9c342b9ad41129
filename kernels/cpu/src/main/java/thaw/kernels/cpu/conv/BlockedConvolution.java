package thaw.kernels.cpu.conv;

import static thaw.kernels.cpu.memory.Memory.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import thaw.kernels.Array;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.ConvolutionOps;
import thaw.kernels.Epilogue;
import thaw.kernels.Shape;
import thaw.kernels.cpu.grouped.GroupedConvolution;
import thaw.kernels.cpu.grouped.GroupedWeightGradient;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;
import thaw.kernels.cpu.microkernel.BlockLoops;
import thaw.kernels.cpu.microkernel.BlockedEpilogue;
import thaw.kernels.cpu.parallel.Workers;
import thaw.kernels.cpu.winograd.WinogradConvolution;
import thaw.kernels.cpu.winograd.WinogradWeightGradient;

/**
 * Convolution on channel blocks: chooses between {@link WinogradConvolution}, {@link GroupedConvolution} and
 * {@link DirectConvolution}.
 *
 * <p>Images with few channels, the input of a stem, stay row-major because channel blocks would be mostly zeros. Their
 * taps are single numbers, and the output is in blocks.
 */
public final class BlockedConvolution implements ConvolutionOps {

    private final Memory memory;
    private final int lanes;
    private final WinogradConvolution winograd;
    private final GroupedConvolution grouped;
    private final DirectConvolution direct;
    private final WinogradWeightGradient winogradWeightGradient;
    private final GroupedWeightGradient groupedWeightGradient;
    private final DirectWeightGradient weightGradient;

    public BlockedConvolution(Memory memory, Workers workers, BlockLoops loops) {
        this.memory = memory;
        this.lanes = memory.block();
        this.winograd = new WinogradConvolution(memory, workers, loops);
        this.grouped = new GroupedConvolution(memory, workers, loops);
        this.direct = new DirectConvolution(memory, workers, loops);
        this.winogradWeightGradient = new WinogradWeightGradient(memory, workers, loops);
        this.groupedWeightGradient = new GroupedWeightGradient(memory, workers, loops);
        this.weightGradient = new DirectWeightGradient(memory, workers, loops);
    }

    /** Whether a convolution reads its input in row-major order. */
    static boolean isStem(CpuArray x, int lanes, Conv2dOptions o) {
        return x.isRowMajor() && x.shape().dim(1) * 2 <= lanes && o.groups() == 1;
    }

    @Override
    public Array conv2dWithEpilogue(Array array, Array weight, Epilogue epilogue, Conv2dOptions o) {
        Shape outShape = o.outputShape(array.shape(), weight.shape());
        boolean stem = isStem(cpu(array), lanes, o);
        CpuArray x = stem ? memory.asRowMajor(array) : memory.asBlocked(array);
        Shape xShape = x.shape();
        CpuArray y = memory.blocked(outShape);
        CpuArray w = memory.asRowMajor(weight);
        CpuArray residual = epilogue.residual() == null ? null : memory.asBlocked(epilogue.residual());
        BlockedEpilogue blocked = blocked(epilogue, residual, outShape.dim(1));
        // An epilogue belongs to a prediction, whose bits do not depend on the images beside it: choose as for a single one.
        Shape chosenFor = blocked == null ? outShape : Shape.of(1, outShape.dim(1), outShape.dim(2), outShape.dim(3));
        if (!stem && winograd.choice().suitsForward(xShape, w.shape(), chosenFor, o)) {
            winograd.forward(x, w, blocked, o, y, winograd.choice().side(xShape, w.shape(), chosenFor, o));
        } else if (grouped.suits(w.shape(), o)) {
            grouped.forward(x, w, blocked, o, y);
        } else {
            direct.forward(x, w, blocked, o, y);
        }
        release(blocked);
        if (residual != null) {
            residual.release();
        }
        w.release();
        x.release();
        return y;
    }

    /** An epilogue with numbers for whole tiles of channels, or null for one that changes nothing. */
    private @Nullable BlockedEpilogue blocked(Epilogue e, @Nullable CpuArray residual, int channels) {
        if (e.scale() == null && e.shift() == null && residual == null && !e.relu()) {
            return null;
        }
        int length = (CpuArray.channelBlocks(channels, lanes) + 1) * lanes;
        float[] scale = e.scale() == null ? filled(length, 1) : memory.padded(e.scale(), length);
        float[] shift = e.shift() == null ? filled(length, 0) : memory.padded(e.shift(), length);
        return new BlockedEpilogue(scale, shift, residual == null ? null : residual.data(), e.relu());
    }

    private void release(@Nullable BlockedEpilogue e) {
        if (e != null) {
            memory.pool().give(e.scale());
            memory.pool().give(e.shift());
        }
    }

    private float[] filled(int length, float value) {
        float[] numbers = memory.pool().take(length);
        Arrays.fill(numbers, 0, length, value);
        return numbers;
    }

    @Override
    public Array conv2dInputGradient(Array gradient, Array weight, Shape xShape, Conv2dOptions o) {
        CpuArray gy = memory.asBlocked(gradient);
        CpuArray w = memory.asRowMajor(weight);
        CpuArray gx = memory.blocked(xShape);
        if (winograd.choice().suits(xShape, w.shape(), gy.shape(), o)) {
            winograd.inputGradient(gy, w, o, gx);
        } else if (grouped.suits(w.shape(), o)) {
            grouped.inputGradient(gy, w, o, gx);
        } else {
            direct.inputGradient(gy, w, o, gx);
        }
        w.release();
        gy.release();
        return gx;
    }

    @Override
    public Array conv2dWeightGradient(Array gy, Array x, Shape wShape, Conv2dOptions o) {
        boolean transforms = winograd.choice().suitsForward(x.shape(), wShape, gy.shape(), o)
                && WinogradWeightGradient.pays(gy.shape(), o.strideH());
        if (!transforms && !grouped.suits(wShape, o)) {
            return weightGradient.compute(gy, x, wShape, o);
        }
        CpuArray source = memory.asBlocked(x);
        CpuArray gradient = memory.asBlocked(gy);
        CpuArray gw = memory.rowMajor(wShape);
        if (transforms) {
            winogradWeightGradient.compute(source, gradient, o.paddingH(), o.paddingW(), o.strideH(), gw);
        } else {
            groupedWeightGradient.compute(source, gradient, o, gw);
        }
        source.release();
        gradient.release();
        return gw;
    }
}
