package thaw.kernels.cpu.microkernel;

import java.util.Arrays;
import thaw.kernels.cpu.memory.CpuArray;

/**
 * A convolution's weights in the order in which the micro-kernel reads them: for each tile of some vectors of output
 * channels, for each input block, filter position and channel of the block, the weights of the tile's output channels side
 * by side. A tile covers the input blocks of its groups; weights between different groups are zeros.
 *
 * <p>"Output" and "input" are those of the sum: for the gradient of the input they are exchanged.
 */
public final class PackedWeights {

    /**
     * The layout of the packed weights of one loop nest.
     *
     * @param panel the most vectors of output channels per tile
     */
    public record Layout(int outputs, int inputs, int groups, int filterSize, boolean transposed, int inputLanes,
            int outputLanes, int panel) {

        /** Vectors of output channels per tile; with groups two, or one if two would cover the inputs of more groups than one does. */
        public int width() {
            return groups == 1 ? panel : outputs / groups % (2 * outputLanes) != 0 ? 1 : 2;
        }

        public int tiles() {
            return (outputBlocks() + width() - 1) / width();
        }

        /** Pairs of vectors of output channels. */
        public int pairs() {
            return (outputBlocks() + 1) / 2;
        }

        int outputBlocks() {
            return CpuArray.channelBlocks(outputs, outputLanes);
        }

        /** Vectors of output channels in this tile: {@link #width}, except for a last odd one. */
        public int vectors(int tile) {
            return Math.min(width(), outputBlocks() - width() * tile);
        }

        public int firstOutput(int tile) {
            return tile * width() * outputLanes;
        }

        /** The first input block that the tile's groups cover. */
        public int firstBlock(int tile) {
            return firstOutput(tile) / (outputs / groups) * (inputs / groups) / inputLanes;
        }

        /** The end (exclusive) of the input blocks that the tile's groups cover. */
        public int endBlock(int tile) {
            int lastOutput = Math.min(outputs, firstOutput(tile) + vectors(tile) * outputLanes) - 1;
            int endInput = (lastOutput / (outputs / groups) + 1) * (inputs / groups);
            return (endInput + inputLanes - 1) / inputLanes;
        }

        public int steps(int tile, int positions) {
            return (endBlock(tile) - firstBlock(tile)) * positions * inputLanes;
        }

        /** The offset of each tile; the last entry is the total length. */
        public int[] offsets(int positions) {
            int[] offsets = new int[tiles() + 1];
            for (int t = 0; t < tiles(); t++) {
                offsets[t + 1] = offsets[t] + steps(t, positions) * vectors(t) * outputLanes;
            }
            return offsets;
        }
    }

    /**
     * The filter positions that take part in a sum: entry {@code i} is the filter's row-major position {@code position[i]},
     * and meets the source pixel that is {@code distance[i]} pixels after the sum's.
     */
    public record Positions(int[] position, int[] distance) {

        public int count() {
            return position.length;
        }

        /** All positions of a filter over a source of {@code width} columns. */
        public static Positions all(int rows, int columns, int dilationH, int dilationW, int width) {
            int[] position = new int[rows * columns];
            int[] distance = new int[rows * columns];
            for (int i = 0; i < position.length; i++) {
                position[i] = i;
                distance[i] = i / columns * dilationH * width + i % columns * dilationW;
            }
            return new Positions(position, distance);
        }

        /**
         * The distance of each tap of the micro-kernel, in floats: channel block by channel block, position by
         * position.
         *
         * @param blockSize floats in one channel block of the source
         * @param lanes     floats in a source pixel
         */
        public int[] taps(int blocks, int blockSize, int lanes) {
            int[] taps = new int[blocks * count()];
            for (int i = 0; i < taps.length; i++) {
                taps[i] = i / count() * blockSize + distance[i % count()] * lanes;
            }
            return taps;
        }
    }

    private PackedWeights() {
    }

    /** Packs one tile, from the row-major weight {@code [K, C/groups, R, S]}. */
    public static void pack(Layout l, Positions positions, int tile, float[] w, float[] out, int offset) {
        int width = l.vectors(tile) * l.outputLanes;
        int firstOutput = l.firstOutput(tile);
        int to = offset;
        for (int block = l.firstBlock(tile); block < l.endBlock(tile); block++) {
            for (int position : positions.position) {
                pack(l, position, block * l.inputLanes, firstOutput, width, w, out, to);
                to += l.inputLanes * width;
            }
        }
    }

    /** The weights of one filter position and one input block. */
    private static void pack(Layout l, int position, int firstInput, int firstOutput, int width, float[] w, float[] out, int to) {
        int inputs = Math.min(l.inputLanes, l.inputs - firstInput);
        int outputs = Math.min(width, l.outputs - firstOutput);
        // Strides of the row-major weight along the sum's output and input channels, the latter within a group.
        int strideOut = l.transposed ? l.filterSize : l.inputs / l.groups * l.filterSize;
        int strideIn = l.transposed ? l.outputs / l.groups * l.filterSize : l.filterSize;
        for (int lane = 0; lane < inputs; lane++) {
            int at = to + lane * width;
            if (l.groups == 1) {
                copy(w, (firstInput + lane) * strideIn + position + firstOutput * strideOut, strideOut, out, at, outputs);
            } else {
                connected(l, position, firstInput + lane, firstOutput, w, out, at, outputs);
            }
            Arrays.fill(out, at + outputs, at + width, 0);
        }
        Arrays.fill(out, to + inputs * width, to + l.inputLanes * width, 0);
    }

    /** Copies numbers that are {@code step} apart to contiguous ones. */
    public static void copy(float[] w, int from, int step, float[] out, int to, int count) {
        for (int i = 0; i < count; i++) {
            out[to + i] = w[from + i * step];
        }
    }

    /** The weights of one input channel, zeros for output channels of other groups. */
    private static void connected(Layout l, int position, int in, int firstOutput, float[] w, float[] out, int to, int count) {
        int perGroupIn = l.inputs / l.groups;
        int perGroupOut = l.outputs / l.groups;
        for (int i = 0; i < count; i++) {
            int o = firstOutput + i;
            out[to + i] = o / perGroupOut != in / perGroupIn ? 0 : l.transposed
                    ? w[(in * perGroupOut + o % perGroupOut) * l.filterSize + position]
                    : w[(o * perGroupIn + in % perGroupIn) * l.filterSize + position];
        }
    }
}
