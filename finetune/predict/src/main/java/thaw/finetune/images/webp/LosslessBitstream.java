package thaw.finetune.images.webp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/** VP8L: a header of 5 bytes, the transforms, and the transformed pixels (RFC 9649, sections 3.4 and 3.8.1). */
record LosslessBitstream(int width, int height, ByteBuffer data) implements Bitstream {
    private static final int HEADER_BYTES = 5;
    private static final int SIGNATURE = 0x2f;

    /** @param data the bitstream, little-endian, from index 0 to its limit */
    static LosslessBitstream open(ByteBuffer data) throws IOException {
        if (data.limit() < HEADER_BYTES || data.get(0) != SIGNATURE) {
            throw new IOException("its lossless bitstream does not begin with the byte 2f (hexadecimal) and a size");
        }
        int header = data.getInt(1);
        if (header >>> 29 != 0) {
            throw new IOException("its lossless bitstream is of version " + (header >>> 29) + "; expected 0");
        }
        return new LosslessBitstream(1 + (header & 0x3fff), 1 + (header >> 14 & 0x3fff), data);
    }

    /** The ARGB pixels and the RGB result. */
    @Override
    public int bytesPerPixel() {
        return 4 + 3;
    }

    @Override
    public byte[] decode() throws IOException {
        BitReader in = new BitReader(data, HEADER_BYTES);
        Deque<Transform> transforms = new ArrayDeque<>();
        int codedWidth = width;
        int seen = 0;
        while (in.readFlag()) {
            int kind = in.read(2);
            if ((seen & 1 << kind) != 0) {
                throw new IOException("its lossless bitstream has the same transform twice");
            }
            seen |= 1 << kind;
            transforms.push(Transform.read(in, kind, codedWidth, height));
            codedWidth = transforms.peek().codedWidth();
        }
        int[] pixels = EntropyCodedImage.readSpatiallyCoded(in, codedWidth, height);
        for (Transform transform : transforms) {
            pixels = transform.inverse(pixels);
        }
        return rgb(pixels);
    }

    private static byte[] rgb(int[] argb) {
        byte[] rgb = new byte[3 * argb.length];
        for (int i = 0; i < argb.length; i++) {
            rgb[3 * i] = (byte) (argb[i] >> 16);
            rgb[3 * i + 1] = (byte) (argb[i] >> 8);
            rgb[3 * i + 2] = (byte) argb[i];
        }
        return rgb;
    }
}
