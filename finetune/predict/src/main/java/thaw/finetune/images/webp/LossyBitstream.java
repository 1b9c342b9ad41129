package thaw.finetune.images.webp;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A key frame of VP8: a header of 10 bytes, a first partition with the frame's parameters and the modes of its macroblocks, and
 * up to 8 partitions with their coefficients, which rows of macroblocks use cyclically (RFC 6386, section 9).
 */
record LossyBitstream(int width, int height, ByteBuffer data) implements Bitstream {
    private static final int HEADER_BYTES = 10;
    private static final int START_CODE = 0x2a019d;

    /** @param data the bitstream, little-endian, from index 0 to its limit */
    static LossyBitstream open(ByteBuffer data) throws IOException {
        if (data.limit() < HEADER_BYTES) {
            throw new EOFException("its lossy bitstream has " + data.limit() + " bytes, fewer than its header's " + HEADER_BYTES);
        }
        int tag = data.get(0);
        boolean keyFrame = (tag & 1) == 0;
        boolean shown = (tag >> 4 & 1) != 0;
        if (!keyFrame || !shown || (tag >> 1 & 7) > 3 || WebpFile.uint24(data, 3) != START_CODE) {
            throw new IOException("its lossy bitstream does not begin with the header of a displayed key frame");
        }
        int width = data.getShort(6) & 0x3fff;
        int height = data.getShort(8) & 0x3fff;
        if (width == 0 || height == 0) {
            throw new IOException("its lossy bitstream has an empty size: " + width + " x " + height + " pixels");
        }
        return new LossyBitstream(width, height, data);
    }

    /** Planes of 1.5 samples per pixel, rounded up, and the RGB result. */
    @Override
    public int bytesPerPixel() {
        return 2 + 3;
    }

    @Override
    public byte[] decode() throws IOException {
        int firstEnd = HEADER_BYTES + (WebpFile.uint24(data, 0) >> 5);
        if (firstEnd > data.limit()) {
            throw new EOFException("the first partition of its lossy bitstream ends at byte " + firstEnd + " of " + data.limit());
        }
        BoolDecoder in = new BoolDecoder(data, HEADER_BYTES, firstEnd);
        /* Skips the color space, which has a single value, and the clamping type: pixels are always clamped. */
        in.readLiteral(2);
        Segments segments = Segments.read(in);
        LoopFilter filter = LoopFilter.read(in, segments);
        BoolDecoder[] partitions = partitions(firstEnd, 1 << in.readLiteral(2));
        Dequantizer[] dequantizers = Dequantizer.read(in, segments);
        /* Skips the flag whether later frames start with these probabilities. */
        in.readFlag();
        int[] probabilities = CoefficientProbabilities.read(in);
        int skipProbability = in.readFlag() ? in.readLiteral(8) : IntraModes.NONE_SKIPPED;
        in.checkEnd();
        return new KeyFrame(width, height, segments, filter, dequantizers).decode(in, skipProbability, probabilities, partitions);
    }

    /** Opens the partitions of coefficients; the lengths of all but the last precede them, 3 bytes each. */
    private BoolDecoder[] partitions(int lengths, int count) throws EOFException {
        int start = lengths + 3 * (count - 1);
        BoolDecoder[] partitions = new BoolDecoder[count];
        for (int i = 0; i < count; i++) {
            if (start >= data.limit()) {
                throw new EOFException("partition " + (i + 1) + " of " + count + " of its lossy bitstream begins at byte " + start
                        + " of " + data.limit());
            }
            int end = i == count - 1 ? data.limit() : Math.min(data.limit(), start + WebpFile.uint24(data, lengths + 3 * i));
            partitions[i] = new BoolDecoder(data, start, end);
            start = end;
        }
        return partitions;
    }
}
