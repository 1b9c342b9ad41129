package thaw.finetune.images.webp;

import java.io.IOException;
import java.util.Arrays;

/**
 * A canonical prefix code, decoded by tables (RFC 9649, sections 3.7.1 and 3.7.2). The first table is indexed by the next 8 bits;
 * entries of longer codes point to a second table, which is indexed by the following bits.
 */
final class PrefixCode {
    private static final int MAX_LENGTH = 15;
    private static final int FIRST_BITS = 8;
    /** The order in which the lengths of the code-length code are stored. */
    private static final int[] CODE_LENGTH_ORDER = {17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

    /**
     * The entries, {@code symbol << 4 | length}. In the first table, an entry of codes longer than 8 bits has the index of its
     * second table in place of the symbol, and the longest length of these codes.
     */
    private final int[] table;
    private final int firstBits;

    private PrefixCode(int[] table, int firstBits) {
        this.table = table;
        this.firstBits = firstBits;
    }

    /** Reads the next symbol; at least 15 bits must have been filled. */
    int next(BitReader in) {
        int bits = in.peek();
        int entry = table[bits & (1 << firstBits) - 1];
        int length = entry & 15;
        if (length > FIRST_BITS) {
            entry = table[(entry >>> 4) + (bits >>> FIRST_BITS & (1 << length - FIRST_BITS) - 1)];
            length = entry & 15;
        }
        in.skip(length);
        return entry >>> 4;
    }

    /** The number of table entries, for bounding the memory that a small file can demand. */
    int size() {
        return table.length;
    }

    /**
     * Reads a code, stored as the lengths of its symbols' codes, 0 for unused symbols.
     *
     * @param alphabet the number of symbols
     */
    static PrefixCode read(BitReader in, int alphabet) throws IOException {
        int[] lengths = new int[alphabet];
        if (in.readFlag()) {
            readSimple(in, lengths);
        } else {
            readNormal(in, lengths);
        }
        return of(lengths);
    }

    /** Reads a code of one or two symbols, which are stored as numbers. */
    private static void readSimple(BitReader in, int[] lengths) throws IOException {
        boolean two = in.readFlag();
        int first = in.read(in.readFlag() ? 8 : 1);
        int second = two ? in.read(8) : first;
        if (Math.max(first, second) >= lengths.length) {
            throw new IOException("a prefix code has symbol " + Math.max(first, second) + "; expected less than "
                    + lengths.length);
        }
        lengths[first] = 1;
        lengths[second] = 1;
    }

    /** Reads prefix-coded lengths; token 16 repeats the last non-zero length, 17 and 18 are runs of zeros. */
    private static void readNormal(BitReader in, int[] lengths) throws IOException {
        int[] codeLengths = new int[CODE_LENGTH_ORDER.length];
        int written = 4 + in.read(4);
        for (int i = 0; i < written; i++) {
            codeLengths[CODE_LENGTH_ORDER[i]] = in.read(3);
        }
        PrefixCode code = of(codeLengths);
        int tokens = lengths.length;
        if (in.readFlag()) {
            tokens = 2 + in.read(2 + 2 * in.read(3));
            if (tokens > lengths.length) {
                throw new IOException("a prefix code has " + tokens + " lengths; expected at most " + lengths.length);
            }
        }
        int previous = 8;
        for (int symbol = 0; symbol < lengths.length && tokens > 0; tokens--) {
            in.fill();
            int token = code.next(in);
            if (token < 16) {
                lengths[symbol++] = token;
                previous = token != 0 ? token : previous;
                continue;
            }
            int repeats = switch (token) {
                case 16 -> 3 + in.read(2);
                case 17 -> 3 + in.read(3);
                default -> 11 + in.read(7);
            };
            if (repeats > lengths.length - symbol) {
                throw new IOException("a prefix code has more lengths than symbols");
            }
            Arrays.fill(lengths, symbol, symbol + repeats, token == 16 ? previous : 0);
            symbol += repeats;
        }
    }

    /**
     * The code with these lengths, at most 15 each: shorter codes precede longer ones; among equals, the smaller symbol is first.
     *
     * @throws IOException if the code is incomplete: every bit sequence must be a sequence of codes
     */
    static PrefixCode of(int[] lengths) throws IOException {
        int[] count = new int[MAX_LENGTH + 1];
        int last = 0;
        for (int symbol = 0; symbol < lengths.length; symbol++) {
            count[lengths[symbol]]++;
            last = lengths[symbol] > 0 ? symbol : last;
        }
        if (lengths.length - count[0] == 1) {
            return new PrefixCode(new int[] {last << 4}, 0);
        }
        int[] nextCode = new int[MAX_LENGTH + 2];
        int longest = 0;
        for (int length = 1; length <= MAX_LENGTH; length++) {
            nextCode[length + 1] = nextCode[length] + count[length] << 1;
            longest = count[length] > 0 ? length : longest;
        }
        if (nextCode[MAX_LENGTH + 1] != 1 << MAX_LENGTH + 1) {
            throw new IOException("a prefix code is not complete");
        }
        return new PrefixCode(tables(lengths, nextCode, Math.min(longest, FIRST_BITS)), Math.min(longest, FIRST_BITS));
    }

    /** @param nextCode the code of the first symbol of each length; modified */
    private static int[] tables(int[] lengths, int[] nextCode, int firstBits) {
        int[] codes = new int[lengths.length];
        int[] longest = new int[1 << firstBits];
        for (int symbol = 0; symbol < lengths.length; symbol++) {
            int length = lengths[symbol];
            if (length > 0) {
                /* Codes are stored from their most significant bit on, which is the lowest bit of peek(). */
                codes[symbol] = Integer.reverse(nextCode[length]++) >>> 32 - length;
                int prefix = codes[symbol] & longest.length - 1;
                longest[prefix] = Math.max(longest[prefix], length);
            }
        }
        int size = longest.length;
        int[] second = new int[longest.length];
        for (int prefix = 0; prefix < longest.length; prefix++) {
            if (longest[prefix] > FIRST_BITS) {
                second[prefix] = size;
                size += 1 << longest[prefix] - FIRST_BITS;
            }
        }
        int[] table = new int[size];
        for (int prefix = 0; prefix < longest.length; prefix++) {
            table[prefix] = second[prefix] << 4 | longest[prefix];
        }
        for (int symbol = 0; symbol < lengths.length; symbol++) {
            int length = lengths[symbol];
            if (length > FIRST_BITS) {
                int prefix = codes[symbol] & longest.length - 1;
                int end = 1 << longest[prefix] - FIRST_BITS;
                for (int i = codes[symbol] >>> FIRST_BITS; i < end; i += 1 << length - FIRST_BITS) {
                    table[second[prefix] + i] = symbol << 4 | length;
                }
            } else if (length > 0) {
                for (int i = codes[symbol]; i < longest.length; i += 1 << length) {
                    table[i] = symbol << 4 | length;
                }
            }
        }
        return table;
    }
}
