package thaw.finetune.images.webp;

/**
 * Smooths the edges between blocks where they differ by little, once a frame is predicted: predictions use the unfiltered pixels
 * (RFC 6386, sections 9.4 and 15). An edge is filtered where the steps across it and beside it are within limits that grow with
 * the level.
 */
final class LoopFilter {
    private static final int MAX_LEVEL = 63;
    private static final int REFERENCES = 4;
    private static final int MODES = 4;

    private final boolean simple;
    private final int frameLevel;
    private final int sharpness;
    private final Segments segments;
    /** What is added to the level of all macroblocks of a key frame, and of those predicted by subblocks. */
    private final int delta;
    private final int subblockDelta;

    private LoopFilter(boolean simple, int frameLevel, int sharpness, Segments segments, int delta, int subblockDelta) {
        this.simple = simple;
        this.frameLevel = frameLevel;
        this.sharpness = sharpness;
        this.segments = segments;
        this.delta = delta;
        this.subblockDelta = subblockDelta;
    }

    static LoopFilter read(BoolDecoder in, Segments segments) {
        boolean simple = in.readFlag();
        int level = in.readLiteral(6);
        int sharpness = in.readLiteral(3);
        int[] deltas = new int[REFERENCES + MODES];
        if (in.readFlag() && in.readFlag()) {
            for (int i = 0; i < deltas.length; i++) {
                deltas[i] = in.readOptionalSigned(6);
            }
        }
        return new LoopFilter(simple, level, sharpness, segments, deltas[0], deltas[REFERENCES]);
    }

    /** The level of a macroblock, 0 to 63; 0 leaves it as it is. */
    int level(int segment, boolean bySubblock) {
        if (frameLevel == 0) {
            return 0;
        }
        int level = segments.filterLevel(segment, frameLevel) + delta + (bySubblock ? subblockDelta : 0);
        return Math.max(0, Math.min(MAX_LEVEL, level));
    }

    /** How large a step between pixels beside an edge may be. */
    private int interiorLimit(int level) {
        int limit = sharpness > 4 ? level >> 2 : sharpness > 0 ? level >> 1 : level;
        return Math.max(1, sharpness > 0 ? Math.min(9 - sharpness, limit) : limit);
    }

    /**
     * Filters the edges of a macroblock: those to its left and above it, and those between its subblocks.
     *
     * @param level     from {@link #level}
     * @param subblocks whether the inner edges are filtered, too
     */
    void apply(Plane luma, Plane[] chroma, int column, int row, int level, boolean subblocks) {
        if (level == 0) {
            return;
        }
        int interior = interiorLimit(level);
        int limit = 2 * level + interior;
        int highVariance = level >= 40 ? 2 : level >= 15 ? 1 : 0;
        filter(luma, 16 * column, 16 * row, 16, limit, simple ? -1 : interior, highVariance, subblocks);
        if (!simple) {
            for (Plane plane : chroma) {
                filter(plane, 8 * column, 8 * row, 8, limit, interior, highVariance, subblocks);
            }
        }
    }

    /** @param interior the interior limit; -1 for the simple filter, which has none */
    private static void filter(Plane plane, int x, int y, int size, int limit, int interior, int highVariance,
            boolean subblocks) {
        byte[] s = plane.samples();
        int at = plane.at(x, y);
        int stride = plane.stride();
        if (x > 0) {
            edge(s, at, 1, stride, size, limit + 4, interior, highVariance, true);
        }
        for (int i = 4; i < size && subblocks; i += 4) {
            edge(s, at + i, 1, stride, size, limit, interior, highVariance, false);
        }
        if (y > 0) {
            edge(s, at, stride, 1, size, limit + 4, interior, highVariance, true);
        }
        for (int i = 4; i < size && subblocks; i += 4) {
            edge(s, at + i * stride, stride, 1, size, limit, interior, highVariance, false);
        }
    }

    /**
     * Filters an edge, which lies before the samples from {@code at} on.
     *
     * @param across distance of samples on a line across the edge
     * @param along  distance of neighbors along it, of which there are {@code size}
     */
    private static void edge(byte[] s, int at, int across, int along, int size, int limit, int interior, int highVariance,
            boolean ofMacroblock) {
        int end = at + size * along;
        if (interior < 0) {
            for (int i = at; i < end; i += along) {
                if (isFlat(s, i, across, limit)) {
                    adjustTwo(s, i, across);
                }
            }
            return;
        }
        for (int i = at; i < end; i += along) {
            if (!isFlat(s, i, across, limit) || !isSmooth(s, i, across, interior)) {
                continue;
            }
            if (step(s, i - 2 * across, i - across) > highVariance || step(s, i + across, i) > highVariance) {
                adjustTwo(s, i, across);
            } else if (ofMacroblock) {
                adjustSix(s, i, across);
            } else {
                adjustFour(s, i, across);
            }
        }
    }

    /** Whether the step over the edge is small enough to be an artifact: the limit holds for twice it and half the outer one. */
    private static boolean isFlat(byte[] s, int q0, int across, int limit) {
        return 4 * step(s, q0 - across, q0) + step(s, q0 - 2 * across, q0 + across) <= 2 * limit + 1;
    }

    /** Whether none of the steps between the four pixels on either side is beyond the limit. */
    private static boolean isSmooth(byte[] s, int q0, int across, int limit) {
        return step(s, q0 - 4 * across, q0 - 3 * across) <= limit && step(s, q0 - 3 * across, q0 - 2 * across) <= limit
                && step(s, q0 - 2 * across, q0 - across) <= limit && step(s, q0, q0 + across) <= limit
                && step(s, q0 + across, q0 + 2 * across) <= limit && step(s, q0 + 2 * across, q0 + 3 * across) <= limit;
    }

    /** Moves the pixels at the edge towards each other, by the step over it and the outer one. */
    private static void adjustTwo(byte[] s, int q0, int across) {
        int a = 3 * difference(s, q0, q0 - across) + clamp(difference(s, q0 - 2 * across, q0 + across));
        add(s, q0, -(clamp(a + 4) >> 3));
        add(s, q0 - across, clamp(a + 3) >> 3);
    }

    /** For edges between subblocks: two pixels on either side, by the step over the edge alone. */
    private static void adjustFour(byte[] s, int q0, int across) {
        int a = 3 * difference(s, q0, q0 - across);
        int towards = clamp(a + 4) >> 3;
        int outer = towards + 1 >> 1;
        add(s, q0, -towards);
        add(s, q0 - across, clamp(a + 3) >> 3);
        add(s, q0 + across, -outer);
        add(s, q0 - 2 * across, outer);
    }

    /** For edges between macroblocks: three pixels on either side, by 27, 18 and 9 parts of 128. */
    private static void adjustSix(byte[] s, int q0, int across) {
        int a = clamp(3 * difference(s, q0, q0 - across) + clamp(difference(s, q0 - 2 * across, q0 + across)));
        for (int i = 0, share = 27; i < 3; i++, share -= 9) {
            int towards = share * a + 63 >> 7;
            add(s, q0 + i * across, -towards);
            add(s, q0 - (i + 1) * across, towards);
        }
    }

    private static int step(byte[] s, int a, int b) {
        return Math.abs(difference(s, a, b));
    }

    private static int difference(byte[] s, int a, int b) {
        return (s[a] & 0xff) - (s[b] & 0xff);
    }

    private static void add(byte[] s, int at, int change) {
        s[at] = (byte) Math.max(0, Math.min(255, (s[at] & 0xff) + change));
    }

    /** To the range of a signed byte. */
    private static int clamp(int value) {
        return Math.max(-128, Math.min(127, value));
    }
}
