package thaw.finetune.images;

import static thaw.finetune.images.ImageAttacks.deflated;
import static thaw.finetune.images.ImageAttacks.frame;
import static thaw.finetune.images.ImageAttacks.int16;
import static thaw.finetune.images.ImageAttacks.join;
import static thaw.finetune.images.ImageAttacks.latin1;
import static thaw.finetune.images.ImageAttacks.little;
import static thaw.finetune.images.ImageAttacks.repeated;
import static thaw.finetune.images.ImageAttacks.scan;
import static thaw.finetune.images.ImageAttacks.shorts;
import static thaw.finetune.images.ImageAttacks.tables;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;

/** Known attacks by TIFF files: directories, fields, strips and sizes that lie. */
final class TiffAttacks {

    private TiffAttacks() {
    }

    /** A field: its tag, type, number of values, and value or position. */
    private static byte[] field(int tag, int type, int count, int value) {
        return join(shorts(tag, type), little(count, value));
    }

    /** A file of one directory at byte 8, with the next at {@code next}, and the rest behind it. */
    private static byte[] directory(int next, byte[] rest, byte[]... fields) {
        return join(latin1("II*\0"), little(8), shorts(fields.length), join(fields), little(next), rest);
    }

    private static byte[][] image(int width, int height, int compression, int position, int length) {
        return new byte[][] {field(256, 4, 1, width), field(257, 4, 1, height), field(258, 3, 1, 8), field(259, 3, 1, compression),
            field(262, 3, 1, 1), field(273, 4, 1, position), field(277, 3, 1, 1), field(278, 4, 1, height), field(279, 4, 1, length)};
    }

    private static byte[][] with(byte[][] fields, byte[]... more) {
        byte[][] all = Arrays.copyOf(fields, fields.length + more.length);
        System.arraycopy(more, 0, all, fields.length, more.length);
        Arrays.sort(all, (a, b) -> Integer.compare(tag(a), tag(b)));
        return all;
    }

    private static int tag(byte[] field) {
        return field[0] & 0xff | (field[1] & 0xff) << 8;
    }

    /** Adds the files by name. */
    static void add(Map<String, byte[]> files) {
        int behind = 8 + 2 + 9 * 12 + 4;
        byte[] pixels = new byte[64];
        byte[][] image = image(8, 8, 1, behind, 64);
        files.put("directory-in-a-loop.tif", directory(8, pixels, image));
        files.put("thousands-of-directories.tif",
                directory(behind + 64, join(pixels, repeated(50_000, i -> join(shorts(1), field(256, 4, 1, 8),
                        little(behind + 64 + 18 * (i + 1))))), image));
        files.put("sub-directories-in-a-loop.tif", directory(0, pixels, with(image, field(330, 4, 1, 8))));
        files.put("exif-in-a-loop.tif", directory(0, pixels, with(image, field(34665, 4, 1, 8), field(34853, 4, 1, 8))));
        files.put("billions-of-values.tif",
                directory(0, pixels, with(image, field(40_000, 4, Integer.MAX_VALUE, 8), field(40_001, 5, -1, 8))));
        byte[][] many = IntStream.range(0, 30_000).mapToObj(i -> field(30_000 + i, 1, 300_000, 8)).toArray(byte[][]::new);
        files.put("thousands-of-large-tags.tif", directory(0, join(pixels), moved(with(image, many))));
        byte[][] texts = IntStream.range(0, 20_000).mapToObj(i -> field(30_000 + i, 2, 200_000, 8)).toArray(byte[][]::new);
        files.put("thousands-of-large-texts.tif", directory(0, join(pixels), moved(with(image, texts))));
        files.put("a-strip-for-each-row.tif", strips(60_000, 5));
        files.put("deflate.tif", directory(0, deflated(400_000_000), image(6400, 6400, 8, behind, 390_000)));
        files.put("deflate-of-much.tif", directory(0, deflated(400_000_000), image(16, 16, 8, behind, 390_000)));
        files.put("lzw.tif", directory(0, new byte[500_000], image(6400, 6400, 5, behind, 500_000)));
        files.put("runs.tif", directory(0, repeated(400_000, latin1("\u0081\1")), image(6400, 6400, 32_773, behind, 800_000)));
        files.put("fax.tif", directory(0, new byte[800_000], image(6400, 6400, 4, behind, 800_000)));
        files.put("nothing.tif", directory(0, pixels, image(13_000, 13_000, 1, behind, 64)));
        files.put("greatest-size.tif", directory(0, pixels, image(-1, -1, 1, behind, 64)));
        byte[] inner = join(int16(0xffd8), tables(), frame(0xc0, 12_000, 12_000), scan("\0\77\0"), int16(0xffd9));
        files.put("a-jpeg-that-lies.tif", directory(0, inner, image(16, 16, 7, behind, inner.length)));
        byte[][] tiles = with(Arrays.stream(image(8, 8, 1, behind, 64)).filter(f -> tag(f) != 273 && tag(f) != 278 && tag(f) != 279)
                .toArray(byte[][]::new), field(322, 4, 1, 1 << 14), field(323, 4, 1, 1 << 14), field(324, 4, 1, behind),
                field(325, 4, 1, 64));
        files.put("a-tile-of-everything.tif", directory(0, new byte[128], tiles));
        files.put("thousands-of-samples.tif",
                directory(0, new byte[200_000], with(Arrays.stream(image).filter(f -> tag(f) != 277 && tag(f) != 258)
                        .toArray(byte[][]::new), field(277, 3, 1, 65_535), field(258, 3, 65_535, behind))));
        files.put("big-of-many-entries.tif", join(latin1("II+\0\10\0\0\0"), little(16, 0, -1, 0x7fffffff), new byte[100_000]));
    }

    /** The fields with the strip's position set behind the directory. */
    private static byte[][] moved(byte[][] fields) {
        int behind = 8 + 2 + 12 * fields.length + 4;
        return Arrays.stream(fields).map(f -> tag(f) == 273 ? field(273, 4, 1, behind) : f).toArray(byte[][]::new);
    }

    /** Strips of a row each that all lie at one place and have nearly the file's length. */
    private static byte[] strips(int rows, int compression) {
        int behind = 8 + 2 + 9 * 12 + 4;
        byte[][] fields = Arrays.stream(image(8, rows, compression, 0, 0)).map(f -> switch (tag(f)) {
            case 273 -> field(273, 4, rows, behind);
            case 278 -> field(278, 4, 1, 1);
            case 279 -> field(279, 4, rows, behind + 4 * rows);
            default -> f;
        }).toArray(byte[][]::new);
        int[] positions = new int[rows];
        Arrays.fill(positions, behind + 8 * rows);
        int[] lengths = new int[rows];
        Arrays.fill(lengths, 400_000);
        return directory(0, join(little(positions), little(lengths), new byte[400_000]), fields);
    }
}
