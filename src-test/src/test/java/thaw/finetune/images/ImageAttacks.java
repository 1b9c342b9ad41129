package thaw.finetune.images;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Known attacks by image files, each of less than a megabyte. */
public final class ImageAttacks {

    private ImageAttacks() {
    }

    /** The files by name. */
    public static Map<String, byte[]> files() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        jpeg(files);
        png(files);
        gif(files);
        BitmapAttacks.add(files);
        webp(files);
        TiffAttacks.add(files);
        pnm(files);
        return files;
    }

    // ---- bytes -------------------------------------------------------------------------------------------------

    static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    static byte[] repeated(int times, byte[] part) {
        return repeated(times, i -> part);
    }

    static byte[] repeated(int times, IntFunction<byte[]> part) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        IntStream.range(0, times).forEach(i -> out.writeBytes(part.apply(i)));
        return out.toByteArray();
    }

    /** Numbers of two bytes, the high byte first. */
    static byte[] int16(int... numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * numbers.length);
        Arrays.stream(numbers).forEach(n -> bytes.putShort((short) n));
        return bytes.array();
    }

    private static byte[] int32(ByteOrder order, int... numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(order);
        Arrays.stream(numbers).forEach(bytes::putInt);
        return bytes.array();
    }

    static byte[] little(int... numbers) {
        return int32(ByteOrder.LITTLE_ENDIAN, numbers);
    }

    /** Zeros, compressed a thousandfold: the same block again and again, since compressing them anew takes seconds. */
    static byte[] deflated(int zeros) {
        int size = 1 << 16;
        Deflater deflater = new Deflater(9);
        byte[] first = deflated(deflater, Math.min(zeros, size));
        byte[] block = deflated(deflater, size);
        byte[] last = deflated(deflater, zeros % size);
        deflater.end();
        return join(first, repeated(Math.max(0, zeros / size - 1), block), last);
    }

    private static byte[] deflated(Deflater deflater, int zeros) {
        deflater.setInput(new byte[zeros]);
        byte[] compressed = new byte[1024];
        return Arrays.copyOf(compressed, deflater.deflate(compressed, 0, compressed.length, Deflater.SYNC_FLUSH));
    }

    // ---- JPEG --------------------------------------------------------------------------------------------------

    private static byte[] segment(int marker, byte[] content) {
        return join(int16(0xff00 | marker, content.length + 2), content);
    }

    static byte[] frame(int marker, int width, int height) {
        return segment(marker, join(new byte[] {8}, int16(height, width), latin1("\3\1\21\0\2\21\0\3\21\0")));
    }

    /** The header of a scan of all components. */
    static byte[] scan(String spectrum) {
        return segment(0xda, latin1("\3\1\0\2\0\3\0" + spectrum));
    }

    static byte[] tables() {
        return join(segment(0xdb, join(new byte[1], repeated(64, new byte[] {1}))),
                segment(0xc4, latin1("\0\1" + "\0".repeat(16))), segment(0xc4, latin1("\20\1" + "\0".repeat(16))));
    }

    private static void jpeg(Map<String, byte[]> files) throws IOException {
        byte[] sound = DrawnImages.resource("yuv420.jpg");
        byte[] begin = int16(0xffd8);
        byte[] end = int16(0xffd9);
        byte[] tables = tables();
        byte[] baseline = scan("\0\77\0");
        byte[] direct = scan("\0\0\1");
        byte[] refining = scan("\0\0\20");
        byte[] rest = Arrays.copyOfRange(sound, 2, sound.length);
        files.put("thousands-of-scans.jpg", join(begin, tables, frame(0xc2, 4000, 3000), direct, repeated(5000, refining), end));
        files.put("two-hundred-scans.jpg", join(begin, tables, frame(0xc2, 6000, 5000), direct, repeated(199, refining), end));
        files.put("sixteen-scans-of-much.jpg", join(begin, tables, frame(0xc2, 9000, 9000), direct, repeated(15, refining), end));
        files.put("much-of-nothing.jpg", join(begin, tables, frame(0xc0, 13_000, 13_000), baseline, end));
        files.put("a-column.jpg", join(begin, tables, frame(0xc0, 1, 65_500), baseline, end));
        files.put("no-height.jpg", join(begin, tables, frame(0xc0, 64, 0), baseline, segment(0xdc, int16(60_000)), end));
        files.put("greatest-size.jpg", join(begin, tables, frame(0xc0, 65_535, 65_535), baseline, end));
        files.put("two-frames.jpg", join(begin, tables, frame(0xc0, 16, 16), frame(0xc0, 12_000, 12_000), baseline, end));
        files.put("a-large-frame-first.jpg", join(begin, tables, frame(0xc0, 12_000, 12_000), frame(0xc0, 16, 16), baseline, end));
        files.put("a-frame-between-scans.jpg", join(begin, tables, frame(0xc2, 16, 16), direct, frame(0xc2, 12_000, 12_000), direct, end));
        files.put("lossless.jpg", join(begin, tables, frame(0xc3, 6000, 6000), scan("\1\0\0"), end));
        files.put("the-largest.jpg", join(begin, tables, frame(0xc0, 9000, 9200), baseline, end));
        files.put("the-most-scans.jpg", join(begin, tables, frame(0xc2, 4600, 4800), direct, repeated(5, refining), end));
        files.put("the-largest-lossless.jpg", join(begin, tables, frame(0xc3, 3500, 3500), scan("\1\0\0"), end));
        files.put("arithmetic.jpg", join(begin, tables, frame(0xc9, 6000, 6000), baseline, end));
        files.put("restart-interval.jpg", join(begin, segment(0xdd, int16(0xffff)), rest));
        files.put("comments.jpg", join(begin, repeated(200_000, segment(0xfe, new byte[0])), rest));
        files.put("huffman-tables.jpg", join(begin, repeated(40_000, segment(0xc4, latin1("\0\1" + "\0".repeat(16)))), rest));
        byte[] loop = join(latin1("Exif\0\0II*\0"), little(8), repeated(2700, latin1("\377\377")),
                repeated(5000, latin1("\1\201\4\0\1\0\0\0\10\0\0\0")));
        files.put("exif-of-thousands-of-tags.jpg", join(begin, segment(0xe1, Arrays.copyOf(loop, 65_000)), rest));
        files.put("exif-of-billions-of-values.jpg", join(begin, segment(0xe1, join(latin1("Exif\0\0II*\0"), little(8),
                latin1("\1\0\22\1\3\0\377\377\377\177\10\0\0\0\0\0\0\0"))), rest));
        files.put("profiles.jpg", join(begin, repeated(15, segment(0xe2, join(latin1("ICC_PROFILE\0\1\377"), new byte[65_000]))), rest));
        files.put("xmp-without-end.jpg", join(begin, repeated(14, segment(0xe1, join(latin1("http://ns.adobe.com/xap/1.0/\0"),
                repeated(3600, latin1("tiff:Orientation=\""))))), rest));
        files.put("fill-bytes.jpg", join(begin, repeated(900_000, latin1("\377")), rest));
        files.put("restart-markers.jpg", join(begin, tables, frame(0xc0, 5000, 5000), baseline, repeated(400_000, int16(0xffd0)), end));
        files.put("a-restart-after-each-block.jpg",
                join(begin, tables, segment(0xdd, int16(1)), frame(0xc0, 5000, 5000), baseline, end));
        files.put("quantization-tables.jpg", join(begin, repeated(13_000, segment(0xdb, join(new byte[1], new byte[64]))), rest));
        files.put("huffman-tables-between-scans.jpg", join(begin, tables, frame(0xc2, 3000, 3000), direct,
                repeated(5, join(repeated(8000, segment(0xc4, latin1("\0\1" + "\0".repeat(16)))), refining)), end));
        files.put("comments-between-scans.jpg", join(begin, tables, frame(0xc2, 3000, 3000), direct,
                repeated(5, join(repeated(40_000, segment(0xfe, new byte[0])), refining)), end));
        files.put("255-components.jpg", join(begin, tables, segment(0xc0, join(new byte[] {8}, int16(4000, 4000, 0xff00), new byte[764])),
                baseline, end));
        for (int sampling : new int[] {0x41, 0x14, 0x44, 0xff, 0}) {
            byte[] components = new byte[] {3, 1, (byte) sampling, 0, 2, 0x11, 0, 3, 0x11, 0};
            files.put("sampling-" + sampling + ".jpg", join(begin, tables,
                    segment(0xc2, join(new byte[] {8}, int16(4000, 4000), components)), direct, refining, end));
        }
        files.put("huffman-codes-of-one-bit.jpg", join(begin, tables, segment(0xc4, latin1("\0" + "\377".repeat(16) + "\0".repeat(4080))),
                frame(0xc0, 4000, 4000), baseline, end));
    }

    // ---- PNG ---------------------------------------------------------------------------------------------------

    static byte[] chunk(String type, byte[] content) {
        CRC32 crc = new CRC32();
        crc.update(join(latin1(type), content));
        return join(int32(ByteOrder.BIG_ENDIAN, content.length), latin1(type), content, int32(ByteOrder.BIG_ENDIAN, (int) crc.getValue()));
    }

    static byte[] ofChunks(byte[]... chunks) {
        return join(latin1("\u0089PNG\r\n\u001a\n"), join(chunks), chunk("IEND", new byte[0]));
    }

    /** @param kind the bits per sample, the colour type, two zeros, and 1 for an interlaced image */
    static byte[] header(int width, int height, String kind) {
        return chunk("IHDR", join(int32(ByteOrder.BIG_ENDIAN, width, height), latin1(kind)));
    }

    private static void png(Map<String, byte[]> files) {
        byte[] small = header(8, 8, "\10\2\0\0\0");
        byte[] pixels = chunk("IDAT", deflated(8 * 25));
        byte[] bomb = deflated(400_000_000);
        files.put("too-much-data.png", ofChunks(small, chunk("IDAT", bomb)));
        files.put("much-of-nothing.png", ofChunks(header(12_000, 11_000, "\10\2\0\0\0"), chunk("IDAT", bomb)));
        files.put("the-largest.png", ofChunks(header(5200, 5200, "\10\2\0\0\0"), chunk("IDAT", deflated(110_000_000))));
        files.put("a-long-row.png", ofChunks(header(262_144, 100, "\10\2\0\0\0"), chunk("IDAT", deflated(90_000_001))));
        files.put("a-long-column.png", ofChunks(header(1, 262_144, "\10\2\0\0\1"), chunk("IDAT", deflated(2_000_000))));
        files.put("a-row.png", ofChunks(header(30_000_000, 1, "\10\2\0\0\0"), chunk("IDAT", deflated(90_000_001))));
        files.put("a-column.png", ofChunks(header(1, 30_000_000, "\10\0\0\0\0"), chunk("IDAT", deflated(60_000_000))));
        files.put("interlaced.png", ofChunks(header(4700, 4700, "\10\6\0\0\1"), chunk("IDAT", deflated(160_000_000))));
        files.put("sixteen-bits.png", ofChunks(header(3000, 3000, "\20\6\0\0\0"), chunk("IDAT", deflated(300_000_000))));
        files.put("greatest-size.png", ofChunks(header(Integer.MAX_VALUE, Integer.MAX_VALUE, "\20\6\0\0\0"), pixels));
        files.put("negative-size.png", ofChunks(header(-1, -1, "\10\2\0\0\0"), pixels));
        files.put("a-text-without-end.png", ofChunks(small, chunk("zTXt", join(latin1("XML:com.adobe.xmp\0\0"), bomb)), pixels));
        files.put("an-international-text.png", ofChunks(small, chunk("iTXt", join(latin1("XML:com.adobe.xmp\0\1\0\0\0"), bomb)), pixels));
        files.put("a-profile-without-end.png", ofChunks(small, chunk("iCCP", join(latin1("p\0\0"), bomb)), pixels));
        files.put("a-profile-after-the-pixels.png", ofChunks(small, pixels, chunk("iCCP", join(latin1("p\0\0"), bomb))));
        files.put("thousands-of-texts.png", ofChunks(small, repeated(50_000, chunk("tEXt", latin1("a\0b"))), pixels));
        files.put("thousands-of-empty-chunks.png", ofChunks(small, repeated(70_000, chunk("IDAT", new byte[0])), pixels));
        files.put("a-chunk-of-4-gib.png", ofChunks(small, int32(ByteOrder.BIG_ENDIAN, -1), latin1("tEXt"), pixels));
        files.put("a-chunk-of-2-gib.png", ofChunks(small, int32(ByteOrder.BIG_ENDIAN, Integer.MAX_VALUE), latin1("PLTE"), pixels));
        files.put("a-palette-of-colours.png", ofChunks(header(8, 8, "\10\3\0\0\0"), chunk("PLTE", new byte[600_000]), pixels));
        files.put("exif-in-a-loop.png", ofChunks(small, chunk("eXIf", join(latin1("II*\0"), little(8), latin1("\377\377"), repeated(60_000,
                latin1("\1\201\4\0\1\0\0\0\10\0\0\0")))), pixels));
        byte[] thousandfold = deflated(1_000_000);
        files.put("hundreds-of-texts-without-end.png", ofChunks(small,
                repeated(300, chunk("zTXt", join(latin1("XML:com.adobe.xmp\0\0"), thousandfold))),
                repeated(300, chunk("zTXt", join(latin1("Raw profile type exif\0\0"), thousandfold))), pixels));
        files.put("hundreds-of-profiles.png", ofChunks(small, repeated(700, chunk("iCCP", join(latin1("p\0\0"), thousandfold))), pixels));
        files.put("thousands-of-palettes.png",
                ofChunks(header(8, 8, "\10\3\0\0\0"), repeated(1200, chunk("PLTE", new byte[768])), pixels));
        files.put("thousands-of-suggested-palettes.png",
                ofChunks(small, repeated(30_000, chunk("sPLT", latin1("p\0\10"))), chunk("sPLT", new byte[90_000]), pixels));
        files.put("transparency-of-everything.png",
                ofChunks(header(8, 8, "\10\3\0\0\0"), chunk("PLTE", new byte[768]), chunk("tRNS", new byte[900_000]), pixels));
        files.put("a-second-header.png", ofChunks(small, header(12_000, 11_000, "\20\6\0\0\0"), chunk("IDAT", bomb)));
        files.put("thousands-of-headers.png", ofChunks(repeated(30_000, small), pixels));
        files.put("an-interlaced-row.png", ofChunks(header(262_144, 90, "\20\6\0\0\1"), chunk("IDAT", deflated(190_000_000))));
        files.put("pixels-without-a-palette.png", ofChunks(header(5000, 5000, "\1\3\0\0\0"), chunk("IDAT", deflated(4_000_000))));
        files.put("a-large-window.png", ofChunks(small, chunk("IDAT", join(latin1("\370\1"), new byte[100]))));
    }

    // ---- GIF ---------------------------------------------------------------------------------------------------

    private static byte[] screen(int width, int height) {
        return join(latin1("GIF89a"), shorts(width, height), latin1("\200\0\0" + "\0\0\0\377\377\377"));
    }

    static byte[] shorts(int... numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(numbers).forEach(n -> bytes.putShort((short) n));
        return bytes.array();
    }

    private static byte[] gifFrame(int left, int top, int width, int height, byte[] blocks) {
        return join(latin1(","), shorts(left, top, width, height), latin1("\0\2"), blocks, new byte[1]);
    }

    private static byte[] blocks(byte[] codes) {
        return repeated((codes.length + 254) / 255, i -> {
            byte[] block = Arrays.copyOfRange(codes, 255 * i, Math.min(codes.length, 255 * i + 255));
            return join(new byte[] {(byte) block.length}, block);
        });
    }

    /** Codes for ever longer runs of one colour, up to the greatest code, which is then repeated. */
    private static byte[] runs(int codes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        long pending = 4;
        int bits = 3;
        int next = 6;
        for (int i = 0, width = 3; i < codes; i++) {
            long code = i == 0 ? 0 : Math.min(4095, next++);
            pending |= code << bits;
            bits += width;
            width = Math.min(12, Math.max(width, 32 - Integer.numberOfLeadingZeros(next)));
            for (; bits >= 8; bits -= 8, pending >>>= 8) {
                out.write((int) pending);
            }
        }
        out.write((int) pending);
        return out.toByteArray();
    }

    private static void gif(Map<String, byte[]> files) {
        byte[] pixel = gifFrame(0, 0, 1, 1, blocks(latin1("\104\1")));
        byte[] end = latin1(";");
        files.put("thousands-of-frames.gif", join(screen(8, 8), repeated(50_000, pixel), end));
        files.put("greatest-size.gif", join(screen(65_535, 65_535), pixel, end));
        files.put("a-frame-far-away.gif", join(screen(1, 1), gifFrame(9000, 9000, 1, 1, blocks(latin1("\104\1"))), end));
        files.put("too-much-data.gif", join(screen(1, 1), gifFrame(0, 0, 1, 1, blocks(runs(600_000))), end));
        files.put("much-of-nothing.gif", join(screen(11_000, 11_000), gifFrame(0, 0, 11_000, 11_000, blocks(runs(80_000))), end));
        files.put("the-largest.gif", join(screen(5900, 5900), gifFrame(0, 0, 5900, 5900, blocks(runs(80_000))), end));
        files.put("a-frame-at-the-end.gif", join(screen(5900, 5900), gifFrame(5899, 5899, 1, 1, blocks(latin1("\104\1"))), end));
        files.put("a-row.gif", join(screen(65_535, 530), gifFrame(0, 0, 65_535, 530, blocks(runs(80_000))), end));
        files.put("empty-blocks.gif", join(screen(8, 8), gifFrame(0, 0, 8, 8, repeated(400_000, latin1("\1\104"))), end));
        files.put("comments-first.gif", join(screen(8, 8), latin1("!\376"), repeated(400_000, latin1("\1c")), new byte[1], pixel, end));
        files.put("comments-behind.gif", join(screen(8, 8), pixel, latin1("!\376"), repeated(400_000, latin1("\1c")), new byte[1], end));
        files.put("no-end-of-extensions.gif", join(screen(8, 8), repeated(300_000, latin1("!\371\0"))));
        files.put("codes-of-255-bits.gif", join(screen(8, 8), latin1(","), shorts(0, 0, 8, 8), latin1("\0\377\2\104\1\0;")));
        files.put("interlaced.gif", join(screen(5900, 5900), latin1(","), shorts(0, 0, 5900, 5900), latin1("\100\2"), blocks(runs(80_000)),
                new byte[1], end));
        files.put("a-column.gif", join(screen(1, 65_535), latin1(","), shorts(0, 0, 1, 65_535), latin1("\100\2"), blocks(runs(800)),
                new byte[1], end));
        files.put("codes-that-start-anew.gif",
                join(screen(3000, 3000), gifFrame(0, 0, 3000, 3000, blocks(repeated(300_000, latin1("\44\111\222")))), end));
        files.put("extensions-of-one-block.gif", join(screen(8, 8), repeated(150_000, latin1("!\376\1c\0")), pixel, end));
        files.put("a-frame-of-nothing.gif", join(screen(5000, 5000), gifFrame(0, 0, 0, 0, blocks(runs(80_000))), end));
    }

    // ---- WebP --------------------------------------------------------------------------------------------------

    private static byte[] riff(byte[]... chunks) {
        byte[] content = join(latin1("WEBP"), join(chunks));
        return join(latin1("RIFF"), little(content.length), content);
    }

    private static byte[] riffChunk(String type, byte[] content) {
        return join(latin1(type), little(content.length), content, new byte[content.length % 2]);
    }

    /** A bitstream without transforms whose codes have one symbol each, so that pixels take no bits. */
    private static byte[] blank(int width, int height) {
        return lossless(width, height, "000" + "1000".repeat(5), 16);
    }

    /** @param bits of the bitstream, the first one lowest */
    private static byte[] lossless(int width, int height, String bits, int length) {
        byte[] packed = new byte[length];
        for (int i = 0; i < bits.length(); i++) {
            packed[i / 8] |= (byte) (bits.charAt(i) - '0' << i % 8);
        }
        return riffChunk("VP8L", join(latin1("/"), little(width - 1 | height - 1 << 14), packed));
    }

    private static byte[] uint24(int... numbers) {
        return repeated(numbers.length, i -> Arrays.copyOf(little(numbers[i]), 3));
    }

    private static void webp(Map<String, byte[]> files) {
        byte[] small = blank(8, 8);
        files.put("much-of-nothing.webp", riff(blank(13_000, 13_000)));
        files.put("blank.webp", riff(blank(5900, 5900)));
        files.put("lossy-of-nothing.webp",
                riff(riffChunk("VP8 ", join(latin1("\20\100\0\u009d\1*"), shorts(7000, 7000), new byte[900_000]))));
        files.put("groups.webp", riff(groups()));
        files.put("canvas-that-lies.webp", riff(riffChunk("VP8X", join(new byte[4], uint24(9, 9))), small));
        files.put("canvas-of-everything.webp", riff(riffChunk("VP8X", join(latin1("\2\0\0\0"), uint24(0xffffff, 0xffffff))),
                riffChunk("ANMF", join(uint24(0, 0, 7, 7, 0), new byte[1], small))));
        files.put("frame-outside.webp", riff(riffChunk("VP8X", join(latin1("\2\0\0\0"), uint24(15, 15))),
                riffChunk("ANMF", join(uint24(8, 8, 7, 7, 0), new byte[1], small))));
        files.put("a-frame-within-a-frame.webp", riff(riffChunk("VP8X", join(latin1("\2\0\0\0"), uint24(7, 7))), riffChunk("ANMF",
                join(uint24(0, 0, 7, 7, 0), new byte[1], riffChunk("ANMF", join(uint24(0, 0, 7, 7, 0), new byte[1], small))))));
        files.put("thousands-of-frames.webp", riff(riffChunk("VP8X", join(latin1("\2\0\0\0"), uint24(7, 7))),
                repeated(9000, riffChunk("ANMF", join(uint24(0, 0, 7, 7, 0), new byte[1], small)))));
        files.put("thousands-of-chunks.webp",
                riff(riffChunk("VP8X", join(new byte[4], uint24(7, 7))), repeated(100_000, riffChunk("XMP ", new byte[0])), small));
        files.put("a-chunk-of-4-gib.webp", riff(riffChunk("VP8X", join(new byte[4], uint24(7, 7))), latin1("ICCP"), little(-1), small));
        String one = "1000";
        String image = "0" + one.repeat(5);
        // Predictors, colours and subtracted green in blocks of four pixels, each of them with the same parameters.
        files.put("transforms.webp",
                riff(lossless(4600, 4600, "100" + "000" + image + "110" + "000" + image + "101" + "000" + one.repeat(5), 100_000)));
        files.put("the-same-transform.webp", riff(lossless(4600, 4600, ("101").repeat(2000), 1000)));
        files.put("an-index-of-colours.webp", riff(lossless(5900, 5900, "111" + "00000000" + image + "000" + one.repeat(5), 100_000)));
        files.put("metadata.webp", riff(riffChunk("VP8X", join(latin1("\14\0\0\0"), uint24(7, 7))), small,
                repeated(13, riffChunk("XMP ", repeated(3600, latin1("tiff:Orientation=\"")))),
                riffChunk("EXIF", join(latin1("II*\0"), little(8), latin1("\377\377"), repeated(10_000,
                        latin1("\1\201\4\0\1\0\0\0\10\0\0\0"))))));
        files.put("partitions.webp", riff(riffChunk("VP8 ", join(latin1("\360\377\377\u009d\1*"), shorts(6000, 6000), new byte[600_000]))));
        files.put("scaled.webp", riff(riffChunk("VP8 ", join(latin1("\20\100\0\u009d\1*"), shorts(-1, -1), new byte[1000]))));
    }

    /** Pixels whose entropy image has one block, of the group 65,535: as many groups must be read, of codes with one symbol each. */
    private static byte[] groups() {
        String one = "1000";
        String last = "1" + "0" + "1" + "11111111";
        // No transform; a colour cache of 11 bits; an entropy image in blocks of 512 pixels, without a cache; green and red are 255.
        String bits = "0" + "1" + "1101" + "1" + "111" + "0" + last + last + one + one + one;
        return lossless(512, 512, bits + one.repeat(5 * 65_536), 600_000);
    }

    // ---- Netpbm ------------------------------------------------------------------------------------------------

    private static void pnm(Map<String, byte[]> files) {
        files.put("greatest-size.ppm", latin1("P6 999999999 999999999 255\n"));
        files.put("no-pixels.ppm", latin1("P6 13000 13000 255\n"));
        files.put("much-of-nothing.pbm", join(latin1("P4 8000 8000\n"), new byte[900_000]));
        files.put("a-comment-without-end.pgm", join(latin1("P2 8 8 #"), new byte[900_000]));
    }
}
