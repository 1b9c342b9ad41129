package thaw.engine.io;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The directory of an uncompressed tar archive (POSIX.1-1988 ustar, GNU's format, and the older format without a magic
 * number): blocks of 512 bytes, a header before each file, a header of zeros after the last. Names longer than the header's
 * field are truncated.
 */
final class TarArchive {

    /** The files by name, without a leading {@code ./}; the last of several with one name counts, as in tar. */
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /** The range of a file's bytes in the archive. */
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
                throw damaged("the header at byte " + at + " has a wrong checksum");
            }
            String name = text(header, 0, 100);
            long length = number(header, 124, 12);
            if (length < 0 || length > file.length() - at - BLOCK) {
                throw damaged("its file " + WeightFileException.quote(name) + " has " + length
                        + " bytes, which are not all there; is the download complete?");
            }
            byte type = header.get(156);
            if (type == '0' || type == 0 || type == '7') {
                entries.put(name.startsWith("./") ? name.substring(2) : name, new Entry(at + BLOCK, length));
            }
            if (entries.size() > MOST_ENTRIES) {
                throw damaged("it has more than " + MOST_ENTRIES + " files");
            }
            at += BLOCK + (length + BLOCK - 1) / BLOCK * BLOCK;
        }
    }

    /** Whether a file begins with a tar header. */
    static boolean is(FileBytes file) {
        return file.length() >= BLOCK && file.slice(0, 1).get(0) != 0
                && (isHeader(file.slice(0, BLOCK)) || text(file.slice(MAGIC, 5), 0, 5).equals("ustar"));
    }

    Map<String, Entry> entries() {
        return entries;
    }

    /** Whether the header's checksum is right: the sum of its bytes, with the checksum's own field taken as spaces. */
    private static boolean isHeader(ByteBuffer header) {
        int sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            sum += i >= CHECKSUM && i < CHECKSUM + 8 ? ' ' : header.get(i) & 0xff;
        }
        return number(header, CHECKSUM, 8) == sum;
    }

    /** A number in octal digits or, if the first bit is set, in GNU's binary form; -1 if it is neither or too large. */
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

    private static WeightFileException damaged(String what) {
        return new WeightFileException("damaged tar archive: " + what);
    }
}
