package thaw.finetune.images.webp;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * ARGB pixels coded by prefix codes; each symbol is a literal, a copy of a run of earlier pixels, or an entry of the color cache
 * (RFC 9649, section 3.6). Pixels are {@code alpha << 24 | red << 16 | green << 8 | blue}.
 */
final class EntropyCodedImage {
    private static final int LENGTH_SYMBOLS = 256;
    private static final int CACHE_SYMBOLS = LENGTH_SYMBOLS + 24;
    private static final int MAX_CACHE_BITS = 11;
    private static final int CACHE_HASH = 0x1e35a7bd;
    /** The neighbors for distances 1 to 120: {@code dy << 4 | 8 - dx} for a pixel {@code dx} to the left and {@code dy} above. */
    private static final int[] NEIGHBORS = {
        0x18, 0x07, 0x17, 0x19, 0x28, 0x06, 0x27, 0x29, 0x16, 0x1a, 0x26, 0x2a, 0x38, 0x05, 0x37, 0x39, 0x15, 0x1b, 0x36, 0x3a,
        0x25, 0x2b, 0x48, 0x04, 0x47, 0x49, 0x14, 0x1c, 0x35, 0x3b, 0x46, 0x4a, 0x24, 0x2c, 0x58, 0x45, 0x4b, 0x34, 0x3c, 0x03,
        0x57, 0x59, 0x13, 0x1d, 0x56, 0x5a, 0x23, 0x2d, 0x44, 0x4c, 0x55, 0x5b, 0x33, 0x3d, 0x68, 0x02, 0x67, 0x69, 0x12, 0x1e,
        0x66, 0x6a, 0x22, 0x2e, 0x54, 0x5c, 0x43, 0x4d, 0x65, 0x6b, 0x32, 0x3e, 0x78, 0x01, 0x77, 0x79, 0x53, 0x5d, 0x11, 0x1f,
        0x64, 0x6c, 0x42, 0x4e, 0x76, 0x7a, 0x21, 0x2f, 0x75, 0x7b, 0x31, 0x3f, 0x63, 0x6d, 0x52, 0x5e, 0x00, 0x74, 0x7c, 0x41,
        0x4f, 0x10, 0x20, 0x62, 0x6e, 0x30, 0x73, 0x7d, 0x51, 0x5f, 0x40, 0x72, 0x7e, 0x61, 0x6f, 0x50, 0x71, 0x7f, 0x60, 0x70};

    private final BitReader in;
    private final int width;
    private final int[] pixels;
    private final PrefixCodeGroups groups;
    /** The color cache: recent colors, indexed by their hashes; {@code null} if the image has none. */
    private final int @Nullable [] cache;
    private final int cacheShift;
    /** The end (exclusive) of the pixels that have been added to the cache. */
    private int cached;

    private EntropyCodedImage(BitReader in, int width, int height, boolean mayHaveGroups) throws IOException {
        this.in = in;
        this.width = width;
        int cacheBits = in.readFlag() ? in.read(4) : 0;
        if (cacheBits > MAX_CACHE_BITS) {
            throw new IOException("a color cache has 2^" + cacheBits + " entries; expected at most 2^" + MAX_CACHE_BITS);
        }
        cache = cacheBits > 0 ? new int[1 << cacheBits] : null;
        cacheShift = 32 - cacheBits;
        int cacheSize = cache == null ? 0 : cache.length;
        groups = mayHaveGroups && in.readFlag() ? PrefixCodeGroups.readEntropyImage(in, width, height, cacheSize)
                : PrefixCodeGroups.readSingle(in, cacheSize);
        in.fill();
        pixels = new int[width * height];
    }

    /** Reads the main image, which may have several groups of codes. */
    static int[] readSpatiallyCoded(BitReader in, int width, int height) throws IOException {
        return new EntropyCodedImage(in, width, height, true).decode();
    }

    /** Reads an image of a transform's parameters or of group numbers, which has one group of codes. */
    static int[] read(BitReader in, int width, int height) throws IOException {
        return new EntropyCodedImage(in, width, height, false).decode();
    }

    private int[] decode() throws IOException {
        int x = 0;
        int y = 0;
        for (int at = 0; at < pixels.length;) {
            PrefixCodeGroups.Group group = groups.at(x, y);
            int end = at + groups.blockEnd(x, width) - x;
            int before = at;
            while (at < end) {
                in.fill();
                int symbol = group.green().next(in);
                if (symbol < LENGTH_SYMBOLS) {
                    int red = group.red().next(in);
                    in.fill();
                    int blue = group.blue().next(in);
                    pixels[at++] = group.alpha().next(in) << 24 | red << 16 | symbol << 8 | blue;
                } else if (symbol < CACHE_SYMBOLS) {
                    at = copy(at, prefixed(symbol - LENGTH_SYMBOLS), group);
                } else {
                    fillCache(at);
                    pixels[at++] = cache[symbol - CACHE_SYMBOLS];
                }
            }
            fillCache(at);
            x += at - before;
            y += x / width;
            x %= width;
        }
        in.fill();
        return pixels;
    }

    /** Copies a backward reference (LZ77), whose distance is a number of pixels or the number of a neighbor. */
    private int copy(int at, int length, PrefixCodeGroups.Group group) throws IOException {
        in.fill();
        int code = prefixed(group.distance().next(in));
        int distance = code - NEIGHBORS.length;
        if (distance < 1) {
            int neighbor = NEIGHBORS[code - 1];
            distance = Math.max(1, (neighbor >> 4) * width + 8 - (neighbor & 15));
        }
        if (distance > at || length > pixels.length - at) {
            throw new IOException("a run of " + length + " pixels from " + distance + " before pixel " + at + " of "
                    + pixels.length + " lies outside the image");
        }
        if (distance >= length) {
            System.arraycopy(pixels, at - distance, pixels, at, length);
        } else {
            for (int i = at; i < at + length; i++) {
                pixels[i] = pixels[i - distance];
            }
        }
        return at + length;
    }

    /** Reads an integer from 1 on, coded as a prefix, which gives its range, and the extra bits that the range needs. */
    private int prefixed(int prefix) throws IOException {
        if (prefix < 4) {
            return prefix + 1;
        }
        int bits = (prefix - 2) >> 1;
        return ((2 + (prefix & 1)) << bits) + in.read(bits) + 1;
    }

    /** Adds all pixels before {@code end} to the color cache. */
    private void fillCache(int end) {
        if (cache == null) {
            return;
        }
        int[] colors = cache;
        for (int i = cached; i < end; i++) {
            int color = pixels[i];
            colors[CACHE_HASH * color >>> cacheShift] = color;
        }
        cached = end;
    }
}
