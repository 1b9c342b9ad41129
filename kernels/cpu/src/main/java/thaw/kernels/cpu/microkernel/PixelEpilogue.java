package thaw.kernels.cpu.microkernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Applies a {@link BlockedEpilogue} to pixels that a micro-kernel has just stored, while they are in the first-level
 * cache: two to four instructions per vector, against the 64 to 4608 multiply-adds that computed it. A separate pass keeps
 * the micro-kernels few and free of branches, and costs nothing where there is no epilogue (gradients, matrix products).
 */
final class PixelEpilogue {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;

    private PixelEpilogue() {
    }

    /**
     * In place on the vectors at {@code yo}, {@code yo + py}, …
     *
     * @param channel the channel of the vectors' first lane
     */
    static void apply(BlockedEpilogue e, int channel, float[] y, int yo, int py, int pixels) {
        FloatVector scale = FloatVector.fromArray(S, e.scale(), channel);
        FloatVector shift = FloatVector.fromArray(S, e.shift(), channel);
        float[] residual = e.residual();
        int end = yo + pixels * py;
        if (residual == null) {
            if (e.relu()) {
                for (int i = yo; i < end; i += py) {
                    FloatVector.fromArray(S, y, i).fma(scale, shift).max(0).intoArray(y, i);
                }
            } else {
                for (int i = yo; i < end; i += py) {
                    FloatVector.fromArray(S, y, i).fma(scale, shift).intoArray(y, i);
                }
            }
        } else if (e.relu()) {
            for (int i = yo; i < end; i += py) {
                FloatVector.fromArray(S, y, i).fma(scale, shift).add(FloatVector.fromArray(S, residual, i)).max(0)
                        .intoArray(y, i);
            }
        } else {
            for (int i = yo; i < end; i += py) {
                FloatVector.fromArray(S, y, i).fma(scale, shift).add(FloatVector.fromArray(S, residual, i)).intoArray(y, i);
            }
        }
    }
}
