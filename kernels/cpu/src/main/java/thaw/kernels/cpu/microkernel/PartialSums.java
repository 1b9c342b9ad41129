package thaw.kernels.cpu.microkernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import thaw.kernels.cpu.parallel.Workers;

/**
 * Adds up the sums that items of a job computed over parts of a batch, stored one after the other in one array, in the
 * order of the parts. Uses the Vector API because C2 leaves the plain loop scalar: it cannot prove that two ranges of one
 * array do not overlap, and the addition then takes as long as a quarter of a small layer's gradient.
 */
public final class PartialSums {

    /** Sums that an item adds: they fit into the first-level cache; a multiple of every vector width. */
    private static final int PIECE = 512;

    private PartialSums() {
    }

    /** Adds the sums of all parts to those of the first; {@code size}, of one part, is a multiple of the vector width. */
    public static void join(BlockLoops loops, Workers workers, float[] sums, int size, int parts) {
        if (parts == 1) {
            return;
        }
        workers.run((size + PIECE - 1) / PIECE, piece -> {
            int from = piece * PIECE;
            int to = Math.min(size, from + PIECE);
            for (int part = 1; part < parts; part++) {
                if (loops.vectors()) {
                    Vectors.add(sums, from, to, part * size);
                } else {
                    for (int i = from; i < to; i++) {
                        sums[i] += sums[i + part * size];
                    }
                }
            }
        });
    }

    /** A class of its own, loaded only where the Vector API's module is present. */
    private static final class Vectors {

        private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
        private static final int L = S.length();

        private static void add(float[] sums, int from, int to, int distance) {
            for (int i = from; i < to; i += L) {
                FloatVector.fromArray(S, sums, i).add(FloatVector.fromArray(S, sums, i + distance)).intoArray(sums, i);
            }
        }
    }
}
