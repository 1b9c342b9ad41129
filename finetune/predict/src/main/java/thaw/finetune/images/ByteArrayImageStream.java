package thaw.finetune.images;

import javax.imageio.stream.ImageInputStreamImpl;

/** ImageIO's input from a file's bytes in memory, without a copy or a cache file. */
final class ByteArrayImageStream extends ImageInputStreamImpl {
    private final byte[] bytes;

    ByteArrayImageStream(byte[] bytes) {
        this.bytes = bytes;
    }

    @Override
    public int read() {
        bitOffset = 0;
        return streamPos < bytes.length ? bytes[(int) streamPos++] & 0xff : -1;
    }

    @Override
    public int read(byte[] into, int start, int length) {
        bitOffset = 0;
        if (length > 0 && streamPos >= bytes.length) {
            return -1;
        }
        int count = (int) Math.max(0, Math.min(length, bytes.length - streamPos));
        System.arraycopy(bytes, (int) Math.min(streamPos, bytes.length), into, start, count);
        streamPos += count;
        return count;
    }

    @Override
    public long length() {
        return bytes.length;
    }
}
