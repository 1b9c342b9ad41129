package thaw.kernels.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Sums that items of a job have formed over parts of a batch, each part's behind the other's in one array, and joined in the
 * order of the parts. A loop over floats would not do: C2 leaves it scalar, since it can't tell that two places of one array
 * don't overlap, and joining then takes as long as a quarter of a small layer's gradient.
 */
final class PartialSums {

    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();

    /** Sums that an item joins: they stay in the first-level cache; a multiple of every vector's width. */
    private static final int PIECE = 512;

    private PartialSums() {
    }

    /** Adds the sums of all parts to those of the first; {@code size}, of a part, is a multiple of the vector's width. */
    static void join(Workers workers, float[] sums, int size, int parts) {
        if (parts == 1) {
            return;
        }
        workers.run((size + PIECE - 1) / PIECE, piece -> {
            int from = piece * PIECE;
            int to = Math.min(size, from + PIECE);
            for (int part = 1; part < parts; part++) {
                add(sums, from, to, part * size);
            }
        });
    }

    private static void add(float[] sums, int from, int to, int distance) {
        for (int i = from; i < to; i += L) {
            FloatVector.fromArray(S, sums, i).add(FloatVector.fromArray(S, sums, i + distance)).intoArray(sums, i);
        }
    }
}
