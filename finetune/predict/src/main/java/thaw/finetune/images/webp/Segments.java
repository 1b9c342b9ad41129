package thaw.finetune.images.webp;

import org.jspecify.annotations.Nullable;

/**
 * Up to four classes of macroblocks with their own quantizers and filter levels (RFC 6386, section 9.3).
 *
 * @param quantizer         the quantizer of each segment
 * @param filterLevel       the filter level of each segment
 * @param absolute          whether these replace the frame's values; otherwise they are added to them
 * @param treeProbabilities the probabilities of the tree that codes a macroblock's segment; {@code null} if all macroblocks
 *                          belong to the first
 */
record Segments(int[] quantizer, int[] filterLevel, boolean absolute, int @Nullable [] treeProbabilities) {
    static final int COUNT = 4;

    static Segments read(BoolDecoder in) {
        int[] quantizer = new int[COUNT];
        int[] filterLevel = new int[COUNT];
        if (!in.readFlag()) {
            return new Segments(quantizer, filterLevel, false, null);
        }
        boolean hasMap = in.readFlag();
        boolean absolute = true;
        if (in.readFlag()) {
            absolute = in.readFlag();
            for (int i = 0; i < COUNT; i++) {
                quantizer[i] = in.readOptionalSigned(7);
            }
            for (int i = 0; i < COUNT; i++) {
                filterLevel[i] = in.readOptionalSigned(6);
            }
        }
        if (!hasMap) {
            return new Segments(quantizer, filterLevel, absolute, null);
        }
        int[] probabilities = new int[3];
        for (int i = 0; i < probabilities.length; i++) {
            probabilities[i] = in.readFlag() ? in.readLiteral(8) : 255;
        }
        return new Segments(quantizer, filterLevel, absolute, probabilities);
    }

    int quantizer(int segment, int ofFrame) {
        return quantizer[segment] + (absolute ? 0 : ofFrame);
    }

    int filterLevel(int segment, int ofFrame) {
        return filterLevel[segment] + (absolute ? 0 : ofFrame);
    }

    /** Reads the segment of the next macroblock. */
    int readSegment(BoolDecoder in) {
        if (treeProbabilities == null) {
            return 0;
        }
        return in.read(treeProbabilities[0]) ? 2 + (in.read(treeProbabilities[2]) ? 1 : 0)
                : in.read(treeProbabilities[1]) ? 1 : 0;
    }
}
