package thaw.kernels.cpu.microkernel;

import java.util.List;
import java.util.stream.Stream;

/**
 * One of the {@link TapKernels}, and the calls for which it is made.
 *
 * @param vectors of output channels
 * @param pixels  that it computes together
 * @param px      floats from a pixel to the next; {@link #ANY} if there is no condition
 * @param turn    steps of a tap per turn of its loop
 */
record TapTile(int vectors, int pixels, int px, int turn, Kernel kernel) {

    /** The parameters of {@link TapKernels}. They are many, and not grouped in records, for speed: see {@link BlockLoops#pixels}. */
    @FunctionalInterface
    interface Kernel {
        void sum(float[] x, int xo, int px, int[] taps, int shift, int steps, float[] w, int wo, float[] y, int yo, int py,
                int yBlock);
    }

    static final int ANY = 0;
    private static final int L = TapKernels.L;

    /** Sums that 16 vector registers hold beside their factors, and sums that C2 compiles without options for Java. */
    private static final int SUMS_OF_16 = 14;
    private static final int SUMS_OF_FEW = 16;

    /** C2 compiles these in tenths of a second; they are half as fast as the others. */
    static final List<TapTile> NARROW = List.of(
            new TapTile(2, 4, ANY, 1, TapKernels::pixels4vectors2),
            new TapTile(2, 1, ANY, 1, TapKernels::pixels1vectors2),
            new TapTile(1, 4, ANY, 1, TapKernels::pixels4vectors1),
            new TapTile(1, 1, ANY, 1, TapKernels::pixels1vectors1));

    /** The others, beginning with most of a ResNet's work. */
    static Stream<TapTile> wide() {
        return Stream.of(
                new TapTile(2, 14, L, 1, TapKernels::adjacent14vectors2),
                new TapTile(2, 7, L, 4, TapKernels::adjacent7vectors2),
                new TapTile(2, 8, L, 4, TapKernels::adjacent8vectors2),
                new TapTile(2, 6, L, 4, TapKernels::adjacent6vectors2),
                new TapTile(2, 14, 2, 1, TapKernels::stem14vectors2),
                new TapTile(2, 6, 2, 1, TapKernels::stem6vectors2),
                new TapTile(2, 14, 2 * L, 1, TapKernels::alternate14vectors2),
                new TapTile(2, 7, 2 * L, 4, TapKernels::alternate7vectors2),
                new TapTile(2, 4, L, 4, TapKernels::adjacent4vectors2),
                new TapTile(2, 14, ANY, 1, TapKernels::pixels14vectors2),
                new TapTile(2, 6, ANY, 1, TapKernels::pixels6vectors2),
                new TapTile(1, 14, L, 2, TapKernels::adjacent14vectors1),
                new TapTile(1, 8, L, 4, TapKernels::adjacent8vectors1),
                new TapTile(1, 7, L, 4, TapKernels::adjacent7vectors1),
                new TapTile(1, 4, L, 4, TapKernels::adjacent4vectors1),
                new TapTile(1, 14, ANY, 1, TapKernels::pixels14vectors1));
    }

    /** Those that fit the processor's vector registers. */
    static Stream<TapTile> wide(BlockLoops loops) {
        if (!loops.manyRegisters()) {
            return wide().filter(tile -> tile.sums() <= SUMS_OF_16);
        }
        int most = Compilation.inlinesManyVectors() ? Integer.MAX_VALUE : SUMS_OF_FEW;
        return wide().filter(tile -> tile.pixels != 6 && tile.sums() <= most);
    }

    private int sums() {
        return vectors * pixels;
    }
}
