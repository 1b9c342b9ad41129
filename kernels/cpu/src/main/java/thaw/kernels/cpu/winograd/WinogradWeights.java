package thaw.kernels.cpu.winograd;

import java.util.Arrays;
import thaw.kernels.Shape;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;

/**
 * Transforms the weights of a {@link WinogradConvolution} for {@link thaw.kernels.cpu.microkernel.BlockLoops}: for each panel
 * of some vectors of output channels {@code [value][input][output of the panel]}. "Output" and "input" are those of the
 * products: for the gradient of the input they are exchanged, and the filters are rotated by 180°.
 *
 * <p>Filters are gathered into vectors along outputs in squares of channels, which stay in the first-level cache.
 *
 * @param panel the most vectors in a panel
 */
record WinogradWeights(Memory memory, TileTransforms transforms, int lanes, int panel, int outputs, int inputs, boolean gradient,
        int stride, int side) {

    /** Values of a filter for tiles of 4×4 outputs. */
    static final int VALUES = 36;

    /** Padding that keeps the 36 places of a filter's values from mapping to the same few cache lines. */
    private static final int GAP = 32;

    static WinogradWeights of(Memory memory, TileTransforms transforms, int panel, Shape w, boolean gradient, int stride, int side) {
        return new WinogradWeights(memory, transforms, transforms.lanes(), panel, w.dim(gradient ? 1 : 0), w.dim(gradient ? 0 : 1),
                gradient, stride, side);
    }

    /** Values of a filter. */
    int values() {
        return (side + 2) * (side + 2);
    }

    int inputBlocks() {
        return CpuArray.channelBlocks(inputs, lanes);
    }

    int outputBlocks() {
        return CpuArray.channelBlocks(outputs, lanes);
    }

    int panels() {
        return (outputBlocks() + panel - 1) / panel;
    }

    /** The first channel block of a panel. */
    int block(int index) {
        return index * panel;
    }

    /** Vectors of output channels in a panel, fewer in the last one. */
    int vectors(int index) {
        return Math.min(panel, outputBlocks() - block(index));
    }

    /** Floats from one value of the filters to the next within a panel. */
    int valueSize(int index) {
        return inputBlocks() * lanes * vectors(index) * lanes + GAP;
    }

    /** The offset of a panel. */
    int offset(int index) {
        return index * values() * valueSize(0);
    }

    /** Floats of all panels. */
    int length() {
        return offset(panels() - 1) + values() * valueSize(panels() - 1);
    }

    /** Transforms one panel, from the row-major weight {@code [K, C, 3, 3]}. */
    void transform(float[] w, int index, float[] u, int to) {
        float[] filters = memory.pool().take(9 * lanes * lanes);
        float[] scratch = memory.pool().take(VALUES * lanes);
        int width = vectors(index) * lanes;
        for (int block = 0; block < inputBlocks(); block++) {
            for (int v = 0; v < vectors(index); v++) {
                gather(w, (block(index) + v) * lanes, block * lanes, filters);
                for (int i = 0; i < lanes; i++) {
                    int at = to + (block * lanes + i) * width + v * lanes;
                    if (stride == 1) {
                        transforms.filter(side, filters, i * 9 * lanes, lanes, scratch, u, at, valueSize(index));
                    } else {
                        transforms.stridedFilter(4, filters, i * 9 * lanes, lanes, scratch, u, at, valueSize(index));
                    }
                }
            }
        }
        memory.pool().give(scratch);
        memory.pool().give(filters);
    }

    /** A square of filters as {@code [input][place][output]}, zeros for channels that do not exist. */
    private void gather(float[] w, int output, int input, float[] filters) {
        int ins = Math.min(lanes, inputs - input);
        int outs = Math.min(lanes, outputs - output);
        if (ins < lanes || outs < lanes) {
            Arrays.fill(filters, 0, 9 * lanes * lanes, 0);
        }
        for (int i = 0; i < ins; i++) {
            int to = i * 9 * lanes;
            for (int o = 0; o < outs; o++) {
                if (gradient) {
                    copy(w, ((input + i) * outputs + output + o) * 9, filters, to + 8 * lanes + o, -lanes);
                } else {
                    copy(w, ((output + o) * inputs + input + i) * 9, filters, to + o, lanes);
                }
            }
        }
    }

    /** The nine positions of one filter. */
    private static void copy(float[] w, int from, float[] filters, int to, int step) {
        filters[to] = w[from];
        filters[to + step] = w[from + 1];
        filters[to + 2 * step] = w[from + 2];
        filters[to + 3 * step] = w[from + 3];
        filters[to + 4 * step] = w[from + 4];
        filters[to + 5 * step] = w[from + 5];
        filters[to + 6 * step] = w[from + 6];
        filters[to + 7 * step] = w[from + 7];
        filters[to + 8 * step] = w[from + 8];
    }
}
