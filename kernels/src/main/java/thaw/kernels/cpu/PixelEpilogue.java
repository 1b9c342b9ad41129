package thaw.kernels.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * A {@link BlockedEpilogue} on pixels that a micro-kernel has just stored, which are then still in the first-level cache:
 * two to four instructions a vector, against the 64 to 4608 multiply-adds that made it. So the micro-kernels stay few and
 * free of cases, and what needs no epilogue (gradients, matrix products) pays nothing.
 */
final class PixelEpilogue {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;

    private PixelEpilogue() {
    }

    /**
     * In place on the vectors at {@code yo}, {@code yo + py}, …
     *
     * @param channel of the vectors' first lane
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
