package thaw.finetune.images;

import static thaw.finetune.images.ImageAttacks.chunk;
import static thaw.finetune.images.ImageAttacks.deflated;
import static thaw.finetune.images.ImageAttacks.frame;
import static thaw.finetune.images.ImageAttacks.header;
import static thaw.finetune.images.ImageAttacks.int16;
import static thaw.finetune.images.ImageAttacks.join;
import static thaw.finetune.images.ImageAttacks.latin1;
import static thaw.finetune.images.ImageAttacks.little;
import static thaw.finetune.images.ImageAttacks.ofChunks;
import static thaw.finetune.images.ImageAttacks.repeated;
import static thaw.finetune.images.ImageAttacks.scan;

import java.util.Map;

/** Known attacks by BMP files: sizes, colours, masks, runs and files within them that lie. */
final class BitmapAttacks {

    private BitmapAttacks() {
    }

    private static byte[] bitmap(int offset, int width, int height, int bits, int compression, byte[] rest) {
        return join(latin1("BM"),
                little(54 + rest.length, 0, offset, 40, width, height, 1 | bits << 16, compression, rest.length, 0, 0, 0, 0), rest);
    }

    /** A bitmap of 8 x 8 pixels whose header has another length, with what follows its first 40 bytes. */
    private static byte[] headed(int header, byte[] rest) {
        byte[] file = bitmap(54 + rest.length - 256, 8, 8, 32, 0, rest);
        System.arraycopy(little(header), 0, file, 14, Integer.BYTES);
        return file;
    }

    /** Adds the files by name. */
    static void add(Map<String, byte[]> files) {
        byte[] palette = new byte[1024];
        byte[] inner = ofChunks(header(12_000, 11_000, "\10\2\0\0\0"), chunk("IDAT", deflated(400_000_000)));
        files.put("greatest-size.bmp", bitmap(54, Integer.MAX_VALUE, Integer.MAX_VALUE, 24, 0, new byte[64]));
        files.put("negative-size.bmp", bitmap(54, Integer.MIN_VALUE, Integer.MIN_VALUE, 24, 0, new byte[64]));
        files.put("no-pixels.bmp", bitmap(54, 13_000, 13_000, 24, 0, new byte[64]));
        files.put("runs-of-nothing.bmp", bitmap(54 + 1024, 6400, 6400, 8, 1, join(palette, repeated(400_000, latin1("\0\0")))));
        files.put("runs.bmp", bitmap(54 + 1024, 6400, 6400, 8, 1, join(palette, repeated(400_000, latin1("\377\1")))));
        files.put("moves.bmp", bitmap(54 + 1024, 6400, 6400, 8, 1, join(palette, repeated(200_000, latin1("\0\2\377\377")))));
        files.put("runs-of-four-bits.bmp", bitmap(54 + 64, 6400, 6400, 4, 2, join(new byte[64], repeated(400_000, latin1("\377\1")))));
        files.put("an-image-within.bmp", bitmap(54, 16, 16, 0, 5, inner));
        files.put("a-jpeg-within.bmp",
                bitmap(54, 16, 16, 0, 4, join(int16(0xffd8), frame(0xc0, 12_000, 12_000), scan("\0\77\0"), int16(0xffd9))));
        files.put("pixels-far-away.bmp", bitmap(Integer.MAX_VALUE, 8, 8, 8, 0, new byte[64]));
        byte[] colors = bitmap(54 + 1024, 8, 8, 8, 0, join(palette, new byte[64]));
        System.arraycopy(little(Integer.MAX_VALUE), 0, colors, 46, Integer.BYTES);
        files.put("billions-of-colours.bmp", colors);
        for (int size : new int[] {Integer.MAX_VALUE, Integer.MIN_VALUE, -1}) {
            for (int compression = 0; compression < 4; compression++) {
                byte[] any = bitmap(54 + 1024, 8, 8, compression == 2 ? 4 : compression == 3 ? 32 : 8, compression,
                        join(palette, new byte[64]));
                System.arraycopy(little(size), 0, any, 34, Integer.BYTES);
                files.put("size-" + size + "-compression-" + compression + ".bmp", any);
            }
        }
        for (int mask : new int[] {0, -1, 1, 0x55555555, Integer.MIN_VALUE}) {
            files.put("masks-" + mask + ".bmp", bitmap(54 + 12, 8, 8, 32, 3, join(little(mask, mask, mask), new byte[256])));
            files.put("masks-of-16-bits-" + mask + ".bmp", bitmap(54 + 12, 8, 8, 16, 3, join(little(mask, 0, mask), new byte[256])));
        }
        for (int header : new int[] {12, 64, 108, 124, 125, Integer.MAX_VALUE, -1}) {
            files.put("header-" + header + ".bmp", headed(header, new byte[400]));
        }
        byte[] profile = new byte[400];
        System.arraycopy(latin1("DEBM"), 0, profile, 0, Integer.BYTES);
        for (int length : new int[] {Integer.MAX_VALUE, -1, 1 << 30}) {
            System.arraycopy(little(length), 0, profile, 60, Integer.BYTES);
            files.put("profile-" + length + ".bmp", headed(124, profile));
        }
        files.put("from-the-top.bmp", bitmap(54 + 1024, 6400, -6400, 8, 1, join(palette, repeated(400_000, latin1("\377\1")))));
        files.put("runs-below-the-image.bmp", bitmap(54 + 1024, 8, 8, 8, 1, join(palette, repeated(400_000, latin1("\377\1")))));
        files.put("literal-runs.bmp",
                bitmap(54 + 1024, 6400, 6400, 8, 1, join(palette, repeated(3000, latin1("\0\377" + "x".repeat(256))))));
        files.put("one-bit.bmp", bitmap(54 + 8, 13_000, 13_000, 1, 0, new byte[800_000]));
    }
}
