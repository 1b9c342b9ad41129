package thaw.finetune.images.webp;

/**
 * The loop filter: smooths small steps at the edges between blocks. It runs after a frame has been decoded, because predictions
 * use unfiltered pixels (RFC 6386, sections 9.4 and 15). An edge is filtered where the steps across it and beside it are within
 * limits that grow with the level.
 *
 * @param delta         added to the level of every macroblock of a key frame
 * @param subblockDelta added to it, too, for macroblocks predicted by subblocks
 */
record LoopFilter(boolean simple, int frameLevel, int sharpness, Segments segments, int delta, int subblockDelta) {
    private static final int MAX_LEVEL = 63;
    private static final int REFERENCES = 4;
    private static final int MODES = 4;

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

    /** The level of a macroblock, 0 to 63; 0 disables the filter. */
    int level(int segment, boolean bySubblock) {
        if (frameLevel == 0) {
            return 0;
        }
        int level = segments.filterLevel(segment, frameLevel) + delta + (bySubblock ? subblockDelta : 0);
        return Math.max(0, Math.min(MAX_LEVEL, level));
    }

    /** The largest step between neighboring pixels beside an edge that is filtered. */
    private int interiorLimit(int level) {
        int limit = sharpness > 4 ? level >> 2 : sharpness > 0 ? level >> 1 : level;
        return Math.max(1, sharpness > 0 ? Math.min(9 - sharpness, limit) : limit);
    }

    /**
     * Filters the edges of a macroblock: to its left, above it, and between its subblocks.
     *
     * @param level     from {@link #level}
     * @param subblocks whether the edges between subblocks are filtered too
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
     * Filters an edge, which is before the samples starting at {@code at}. The samples on a line across it are p3, p2, p1, p0
     * and, behind the edge, q0, q1, q2, q3.
     *
     * @param across   the distance of neighboring samples across the edge
     * @param along    the distance of neighboring samples along the edge, which is {@code size} samples long
     * @param limit    the limit of {@code 2·|p0 − q0| + |p1 − q1| / 2}
     * @param interior the limit of the other steps; -1 for the simple filter, which does not test them
     */
    private static void edge(byte[] s, int at, int across, int along, int size, int limit, int interior, int highVariance,
            boolean ofMacroblock) {
        int end = at + size * along;
        for (int i = at; i < end; i += along) {
            int p1 = s[i - 2 * across] & 0xff;
            int p0 = s[i - across] & 0xff;
            int q0 = s[i] & 0xff;
            int q1 = s[i + across] & 0xff;
            if (4 * Math.abs(p0 - q0) + Math.abs(p1 - q1) > 2 * limit + 1) {
                continue;
            }
            if (interior < 0) {
                adjustTwo(s, i, across, p1, p0, q0, q1);
                continue;
            }
            int p2 = s[i - 3 * across] & 0xff;
            int q2 = s[i + 2 * across] & 0xff;
            int pStep = Math.abs(p1 - p0);
            int qStep = Math.abs(q1 - q0);
            if (pStep > interior || qStep > interior || Math.abs(p2 - p1) > interior || Math.abs(q2 - q1) > interior
                    || Math.abs((s[i - 4 * across] & 0xff) - p2) > interior
                    || Math.abs((s[i + 3 * across] & 0xff) - q2) > interior) {
                continue;
            }
            if (pStep > highVariance || qStep > highVariance) {
                adjustTwo(s, i, across, p1, p0, q0, q1);
            } else if (ofMacroblock) {
                int a = clamp(3 * (q0 - p0) + clamp(p1 - q1));
                adjust(s, i, across, p0, q0, 27 * a + 63 >> 7, 27 * a + 63 >> 7);
                adjust(s, i + across, 3 * across, p1, q1, 18 * a + 63 >> 7, 18 * a + 63 >> 7);
                adjust(s, i + 2 * across, 5 * across, p2, q2, 9 * a + 63 >> 7, 9 * a + 63 >> 7);
            } else {
                int a = 3 * (q0 - p0);
                int towards = clamp(a + 4) >> 3;
                adjust(s, i, across, p0, q0, clamp(a + 3) >> 3, towards);
                adjust(s, i + across, 3 * across, p1, q1, towards + 1 >> 1, towards + 1 >> 1);
            }
        }
    }

    /** Moves p0 and q0 towards each other; the step from p1 to q1, too, determines by how much. */
    private static void adjustTwo(byte[] s, int i, int across, int p1, int p0, int q0, int q1) {
        int a = 3 * (q0 - p0) + clamp(p1 - q1);
        adjust(s, i, across, p0, q0, clamp(a + 3) >> 3, clamp(a + 4) >> 3);
    }

    /** Sets the sample at {@code i} to {@code q - fromQ} and the one {@code distance} before it to {@code p + toP}. */
    private static void adjust(byte[] s, int i, int distance, int p, int q, int toP, int fromQ) {
        s[i - distance] = (byte) Math.max(0, Math.min(255, p + toP));
        s[i] = (byte) Math.max(0, Math.min(255, q - fromQ));
    }

    /** Clamps to the range of a signed byte. */
    private static int clamp(int value) {
        return Math.max(-128, Math.min(127, value));
    }
}
