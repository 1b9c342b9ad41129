package thaw.engine.io;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The files in a tar archive that is not compressed (POSIX.1-1988 ustar, GNU's and the older form without a magic word):
 * blocks of 512 bytes, a header before each file, a header of zeros behind the last. Names longer than the header has room
 * for are cut.
 */
final class TarArchive {

    /** The files by name, without a leading {@code ./}; of two with the same name the last, as tar unpacks them. */
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /** Where in the archive a file's bytes are. */
    record Entry(long begin, long length) {
    }

    private static final int BLOCK = 512;
    private static final int CHECKSUM = 148;
    private static final int MAGIC = 257;
    private static final int MOST_ENTRIES = 100_000;

    TarArchive(FileBytes file) throws WeightFileException {
        long at = 0;
        while (file.holds(at, BLOCK) && file.slice(at, 1).get(0) != 0) {
            ByteBuffer header = file.slice(at, BLOCK);
            if (!isHeader(header)) {
                throw damaged(file, "the header at byte " + at + " has a wrong checksum");
            }
            String name = text(header, 0, 100);
            long length = number(header, 124, 12);
            if (length < 0 || length > file.length() - at - BLOCK) {
                throw damaged(file, "its file " + WeightFileException.quote(name) + " has " + length
                        + " bytes, which are not all there; is the download complete?");
            }
            byte type = header.get(156);
            if (type == '0' || type == 0 || type == '7') {
                entries.put(name.startsWith("./") ? name.substring(2) : name, new Entry(at + BLOCK, length));
            }
            if (entries.size() > MOST_ENTRIES) {
                throw damaged(file, "it has more than " + MOST_ENTRIES + " files");
            }
            at += BLOCK + (length + BLOCK - 1) / BLOCK * BLOCK;
        }
    }

    /** Whether a file begins as a tar archive does. */
    static boolean is(FileBytes file) {
        return file.length() >= BLOCK && file.slice(0, 1).get(0) != 0
                && (isHeader(file.slice(0, BLOCK)) || text(file.slice(MAGIC, 5), 0, 5).equals("ustar"));
    }

    Map<String, Entry> entries() {
        return entries;
    }

    /** The sum of the header's bytes, its own place counted as spaces, is in it as an octal number. */
    private static boolean isHeader(ByteBuffer header) {
        int sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            sum += i >= CHECKSUM && i < CHECKSUM + 8 ? ' ' : header.get(i) & 0xff;
        }
        return number(header, CHECKSUM, 8) == sum;
    }

    /** Octal digits; or, where the first bit is set, two's complement as GNU writes it. -1 if it's neither. */
    private static long number(ByteBuffer header, int at, int length) {
        long n = 0;
        if (header.get(at) < 0) {
            for (int i = at + 1; i < at + length; i++) {
                if (n >>> 55 != 0) {
                    return -1;
                }
                n = n << 8 | header.get(i) & 0xff;
            }
            return n;
        }
        String digits = text(header, at, length).strip();
        return digits.matches("[0-7]{1,12}") ? Long.parseLong(digits, 8) : -1;
    }

    private static String text(ByteBuffer header, int at, int length) {
        int end = at;
        while (end < at + length && header.get(end) != 0) {
            end++;
        }
        return StandardCharsets.ISO_8859_1.decode(header.slice(at, end - at)).toString();
    }

    private static WeightFileException damaged(FileBytes file, String what) {
        return new WeightFileException(file.name() + ": damaged tar archive: " + what);
    }
}
