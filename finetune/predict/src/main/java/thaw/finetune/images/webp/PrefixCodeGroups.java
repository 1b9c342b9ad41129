package thaw.finetune.images.webp;

import java.io.IOException;

/**
 * The prefix codes of an image (RFC 9649, section 3.7.2.2). A group has five codes. An image has a single group, or an entropy
 * image that assigns a group to each square block of pixels.
 */
record PrefixCodeGroups(Group[] ofBlock, int blockBits, int blocksPerRow) {
    /** 256 literals of green and 24 length prefixes; the indices of a color cache follow. */
    private static final int GREEN_SYMBOLS = 256 + 24;
    private static final int LITERALS = 256;
    private static final int DISTANCE_SYMBOLS = 40;
    /** The limit of tables and of the lengths that they are made of, 128 MiB; the at most 2,600 groups of libwebp's encoder need less. */
    private static final int MOST_ENTRIES = 1 << 25;

    /** The codes of a group, in the order in which they are stored. */
    record Group(PrefixCode green, PrefixCode red, PrefixCode blue, PrefixCode alpha, PrefixCode distance) {
        private int size() {
            return green.size() + red.size() + blue.size() + alpha.size() + distance.size();
        }
    }

    /** Reads a single group for all pixels. */
    static PrefixCodeGroups readSingle(BitReader in, int cacheSize) throws IOException {
        return new PrefixCodeGroups(new Group[] {readGroup(in, cacheSize)}, 31, 1);
    }

    /** Reads a group for each block of an image of {@code width} × {@code height} pixels. */
    static PrefixCodeGroups readEntropyImage(BitReader in, int width, int height, int cacheSize) throws IOException {
        int blockBits = 2 + in.read(3);
        int blocksPerRow = Transform.blocks(width, blockBits);
        int[] numbers = EntropyCodedImage.read(in, blocksPerRow, Transform.blocks(height, blockBits));
        int groups = 0;
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = numbers[i] >> 8 & 0xffff;
            groups = Math.max(groups, numbers[i] + 1);
        }
        boolean[] used = new boolean[groups];
        for (int number : numbers) {
            used[number] = true;
        }
        Group[] read = new Group[groups];
        long entries = 0;
        for (int i = 0; i < groups; i++) {
            Group group = readGroup(in, cacheSize);
            entries += group.size() + GREEN_SYMBOLS + cacheSize + 3 * LITERALS + DISTANCE_SYMBOLS;
            read[i] = used[i] ? group : null;
            if (entries > MOST_ENTRIES) {
                throw new IOException("its " + groups + " groups of prefix codes need more than " + MOST_ENTRIES
                        + " lengths and table entries");
            }
        }
        Group[] ofBlock = new Group[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            ofBlock[i] = read[numbers[i]];
        }
        return new PrefixCodeGroups(ofBlock, blockBits, blocksPerRow);
    }

    private static Group readGroup(BitReader in, int cacheSize) throws IOException {
        return new Group(PrefixCode.read(in, GREEN_SYMBOLS + cacheSize), PrefixCode.read(in, LITERALS),
                PrefixCode.read(in, LITERALS), PrefixCode.read(in, LITERALS), PrefixCode.read(in, DISTANCE_SYMBOLS));
    }

    Group at(int x, int y) {
        return ofBlock[(y >> blockBits) * blocksPerRow + (x >> blockBits)];
    }

    /** The end (exclusive) of the columns from {@code x} on that have the same group. */
    int blockEnd(int x, int width) {
        return (int) Math.min(width, ((long) (x >> blockBits) + 1) << blockBits);
    }
}
