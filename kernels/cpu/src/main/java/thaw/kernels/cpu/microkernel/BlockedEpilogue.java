package thaw.kernels.cpu.microkernel;

import static thaw.kernels.cpu.microkernel.FusedMultiplyAdd.fma;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * An {@link thaw.kernels.Epilogue} in channel blocks: {@code y = act(scale·y + shift + residual)}.
 *
 * @param scale    one number per channel, padded to whole tiles; 1 if there is no scale
 * @param shift    one number per channel, padded likewise; 0 if there is no shift, and 0 for padding channels, which
 *     must stay zero
 * @param residual in the result's layout; null for none
 * @param relu     whether act is {@code max(·, 0)}, rather than the identity
 */
public record BlockedEpilogue(float[] scale, float[] shift, float @Nullable [] residual, boolean relu) {

    /**
     * Applies this in place to pixels that a micro-kernel has just stored, at {@code yo}, {@code yo + py}, …, while they are in
     * the first-level cache: two to four instructions per vector, against the 64 to 4608 multiply-adds that computed it. A
     * separate pass keeps the micro-kernels few and free of branches, and costs nothing where there is no epilogue (gradients,
     * matrix products).
     *
     * @param channel the channel of the first lane
     */
    public void apply(BlockLoops loops, int channel, float[] y, int yo, int py, int pixels) {
        if (loops.vectors()) {
            Vectors.apply(this, channel, y, yo, py, pixels);
            return;
        }
        for (int i = yo; i < yo + pixels * py; i += py) {
            pixel(loops.lanes(), scale, shift, channel, residual, relu, y, i);
        }
    }

    private static void pixel(int lanes, float[] scale, float[] shift, int channel, float @Nullable [] residual, boolean relu,
            float[] y, int yo) {
        for (int lane = 0; lane < lanes; lane++) {
            float v = fma(y[yo + lane], scale[channel + lane], shift[channel + lane]);
            if (residual != null) {
                v += residual[yo + lane];
            }
            // The maximum with 0, NaN and −0 included. Math.max would be a call until C2 compiles it.
            y[yo + lane] = relu && v <= 0 ? 0 : v;
        }
    }

    /** A class of its own, loaded only where the Vector API's module is present. */
    private static final class Vectors {

        private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;

        private static void apply(BlockedEpilogue e, int channel, float[] y, int yo, int py, int pixels) {
            FloatVector scale = FloatVector.fromArray(S, e.scale(), channel);
            FloatVector shift = FloatVector.fromArray(S, e.shift(), channel);
            float @Nullable [] residual = e.residual();
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
}
