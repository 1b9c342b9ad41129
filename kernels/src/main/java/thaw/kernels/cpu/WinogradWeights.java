package thaw.kernels.cpu;

import java.util.Arrays;
import thaw.kernels.Shape;

/**
 * Transforms the weights of a {@link WinogradConvolution} for {@link TwoVectorTaps}: for each panel of one or two vectors of
 * output channels {@code [36][input][output of the panel]}. "Output" and "input" are those of the products: for the gradient of
 * the input they change sides, and filters are turned by 180°.
 *
 * <p>Filters are brought to vectors along outputs in squares of channels, which stay in the first-level cache.
 */
record WinogradWeights(Memory memory, int lanes, int outputs, int inputs, boolean gradient) {

    /** Keeps the 36 places that a filter's values go to from falling into the same few lines of the caches. */
    private static final int GAP = 32;

    static WinogradWeights of(Memory memory, Shape w, boolean gradient) {
        return gradient ? new WinogradWeights(memory, memory.block(), w.dim(1), w.dim(0), true)
                : new WinogradWeights(memory, memory.block(), w.dim(0), w.dim(1), false);
    }

    int inputBlocks() {
        return CpuArray.channelBlocks(inputs, lanes);
    }

    int outputBlocks() {
        return CpuArray.channelBlocks(outputs, lanes);
    }

    int panels() {
        return (outputBlocks() + 1) / 2;
    }

    /** Vectors of output channels in a panel: two, but for a last odd one. */
    int vectors(int panel) {
        return Math.min(2, outputBlocks() - 2 * panel);
    }

    /** Floats from one pair of points to the next within a panel. */
    int pairSize(int panel) {
        return inputBlocks() * lanes * vectors(panel) * lanes + GAP;
    }

    /** Where a panel begins among all. */
    int offset(int panel) {
        return panel * WinogradPoints.PAIRS * pairSize(0);
    }

    /** Floats of all panels. */
    int length() {
        return offset(panels() - 1) + WinogradPoints.PAIRS * pairSize(panels() - 1);
    }

    /** Writes one panel, from the weight {@code [K, C, 3, 3]} in row-major order. */
    void transform(float[] w, int panel, float[] u, int to) {
        float[] filters = memory.pool().take(9 * lanes * lanes);
        float[] scratch = memory.pool().take(WinogradPoints.scratch(lanes));
        int width = vectors(panel) * lanes;
        for (int block = 0; block < inputBlocks(); block++) {
            for (int v = 0; v < vectors(panel); v++) {
                gather(w, (2 * panel + v) * lanes, block * lanes, filters);
                for (int i = 0; i < lanes; i++) {
                    WinogradFilter.values(filters, i * 9 * lanes, lanes, scratch,
                            u, to + (block * lanes + i) * width + v * lanes, pairSize(panel));
                }
            }
        }
        memory.pool().give(scratch);
        memory.pool().give(filters);
    }

    /** A square of filters as {@code [input][place][output]}, zeros for channels that there are not. */
    private void gather(float[] w, int output, int input, float[] filters) {
        int ins = Math.min(lanes, inputs - input);
        int outs = Math.min(lanes, outputs - output);
        if (ins < lanes || outs < lanes) {
            Arrays.fill(filters, 0, 9 * lanes * lanes, 0);
        }
        if (gradient) {
            for (int i = 0; i < ins; i++) {
                turn(w, ((input + i) * outputs + output) * 9, outs, filters, i * 9 * lanes);
            }
        } else {
            for (int o = 0; o < outs; o++) {
                int from = ((output + o) * inputs + input) * 9;
                for (int i = 0; i < 9 * ins; i++) {
                    filters[i * lanes + o] = w[from + i];
                }
            }
        }
    }

    private void turn(float[] w, int from, int outs, float[] filters, int to) {
        for (int o = 0; o < outs; o++) {
            for (int place = 0; place < 9; place++) {
                filters[to + (8 - place) * lanes + o] = w[from + o * 9 + place];
            }
        }
    }
}
