package thaw.engine.io;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The directory of a zip archive (PKWARE's APPNOTE, sections 4.3 and 4.5), with the large sizes of zip64.
 *
 * <p>{@code java.util.zip} does not give the position of an entry's bytes, which mapping needs: a stored (uncompressed)
 * entry is a range of the file. Checksums are not verified, because PyTorch can be configured not to write them. An entry whose
 * local header says otherwise than the directory is refused: two readers could read two different contents.
 */
final class ZipArchive {

    private static final int LOCAL_HEADER = 0x04034b50;
    private static final int CENTRAL_HEADER = 0x02014b50;
    private static final int END = 0x06054b50;
    private static final int ZIP64_END = 0x06064b50;
    private static final int ZIP64_LOCATOR = 0x07064b50;
    private static final int ZIP64_EXTRA = 1;
    private static final int END_LENGTH = 22;
    private static final int LONGEST_COMMENT = 0xffff;
    private static final int STORED = 0;
    private static final int DEFLATED = 8;
    /** The highest compression ratio of deflate: 258 bytes from 2 bits. */
    private static final int BEST_RATIO = 1032;
    /** The most inflated bytes for each byte of the file, and beyond; Deflate makes float weights about a tenth smaller. */
    private static final int MOST_INFLATED = 32;
    private static final int FREELY_INFLATED = 1 << 22;
    /** A flag: the sizes follow the content, and the local header has zeros. */
    private static final int SIZES_FOLLOW = 8;

    /** @param header the position of the entry's local header */
    private record Entry(String name, int method, boolean encrypted, long compressed, long size, long header) {
    }

    private final FileBytes file;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private long inflatable;

    /** Reads the directory. */
    ZipArchive(FileBytes file) throws WeightFileException {
        this.file = file;
        this.inflatable = Math.min(Runtime.getRuntime().maxMemory() / 2, FREELY_INFLATED + MOST_INFLATED * file.length());
        long end = findEnd();
        ByteBuffer record = slice(end, END_LENGTH);
        long count = record.getShort(10) & 0xffff;
        long length = record.getInt(12) & 0xffff_ffffL;
        long begin = record.getInt(16) & 0xffff_ffffL;
        if (end >= 20 && slice(end - 20, 20).getInt(0) == ZIP64_LOCATOR) {
            ByteBuffer zip64 = slice(slice(end - 20, 20).getLong(8), 56);
            if (zip64.getInt(0) != ZIP64_END) {
                throw damaged("its zip64 directory is not at the position that its locator gives");
            }
            count = zip64.getLong(32);
            length = zip64.getLong(40);
            begin = zip64.getLong(48);
        }
        readDirectory(slice(begin, length), count);
    }

    /** The names of all entries, in the order of the directory. */
    Iterable<String> names() {
        return Collections.unmodifiableSet(entries.keySet());
    }

    boolean has(String name) {
        return entries.containsKey(name);
    }

    /**
     * The length of an entry's content.
     *
     * @throws WeightFileException if there is no such entry
     */
    long length(String name) throws WeightFileException {
        return entry(name).size;
    }

    private Entry entry(String name) throws WeightFileException {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw damaged("it has no entry " + WeightFileException.quote(name));
        }
        return entry;
    }

    /** An entry's content: a range of the file, or inflated memory. */
    record Content(FileBytes bytes, long begin, long length) {
        ByteBuffer slice() {
            return bytes.slice(begin, length);
        }
    }

    /**
     * The content of an entry, inflated if necessary.
     *
     * @throws WeightFileException if there is no such entry, or it is damaged, encrypted, or too large to be inflated
     */
    Content content(String name) throws WeightFileException {
        Entry e = entry(name);
        String shown = "its entry " + WeightFileException.quote(name);
        if (e.encrypted) {
            throw damaged(shown + " is encrypted");
        }
        ByteBuffer local = slice(e.header, 30);
        if (local.getInt(0) != LOCAL_HEADER) {
            throw damaged(shown + " is not at the position that the directory gives");
        }
        int nameLength = local.getShort(26) & 0xffff;
        int extraLength = local.getShort(28) & 0xffff;
        if (!agrees(e, local, text(slice(e.header + 30, nameLength)), slice(e.header + 30 + nameLength, extraLength))) {
            throw damaged(shown + " has another name, method, size or encryption in its local header than in the directory");
        }
        long begin = e.header + 30 + nameLength + extraLength;
        if (!file.holds(begin, e.compressed)) {
            throw damaged(shown + " reaches past the end of the file; is it complete?");
        }
        return switch (e.method) {
            case STORED -> {
                if (e.size != e.compressed) {
                    throw damaged(shown + " is stored uncompressed, but has two different sizes");
                }
                yield new Content(file, begin, e.size);
            }
            case DEFLATED -> new Content(inflate(e, begin), 0, e.size);
            default -> throw damaged(shown + " is compressed by method " + e.method + "; only deflate is read");
        };
    }

    private static boolean agrees(Entry e, ByteBuffer local, String name, ByteBuffer extra) {
        ByteBuffer large = zip64(extra);
        long size = number(local, 22, large);
        long compressed = number(local, 18, large);
        boolean sizesFollow = (local.getShort(6) & SIZES_FOLLOW) != 0 && size == 0 && compressed == 0;
        return name.equals(e.name) && (local.getShort(8) & 0xffff) == e.method && isEncrypted(local, 6) == e.encrypted
                && (sizesFollow || size == e.size && compressed == e.compressed);
    }

    private FileBytes inflate(Entry e, long begin) throws WeightFileException {
        String shown = "its entry " + WeightFileException.quote(e.name);
        if (e.size > BEST_RATIO * e.compressed || e.size > FileBytes.LARGEST_SLICE
                || e.compressed > FileBytes.LARGEST_SLICE) {
            throw damaged(shown + " claims to inflate from " + e.compressed + " to " + e.size + " bytes, which is "
                    + (e.size > BEST_RATIO * e.compressed ? "impossible" : "more than the 1 GiB that is read"));
        }
        inflatable -= e.size;
        if (inflatable < 0) {
            throw new WeightFileException("inflating it takes more than " + MOST_INFLATED + " times the bytes of the file, or half of"
                    + " the heap of " + Runtime.getRuntime().maxMemory() + " bytes; save the file with torch.save, which doesn't"
                    + " compress");
        }
        byte[] inflated = new byte[(int) e.size];
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(file.slice(begin, e.compressed));
            int n = inflater.inflate(inflated);
            if (n < inflated.length) {
                throw damaged(shown + " ends after " + n + " of " + e.size + " bytes");
            }
            return FileBytes.of(file.name(), inflated);
        } catch (DataFormatException damage) {
            throw damaged(shown + " can't be inflated: " + damage.getMessage());
        } finally {
            inflater.end();
        }
    }

    /**
     * The position of the end record, which only a comment may follow, so the search runs backwards.
     * Some programs pad files: if no record's comment ends with the file, the last record that leaves a remainder is taken.
     */
    private long findEnd() throws WeightFileException {
        int tail = (int) Math.min(file.length(), END_LENGTH + LONGEST_COMMENT);
        ByteBuffer bytes = file.slice(file.length() - tail, tail);
        int padded = -1;
        for (int at = tail - END_LENGTH; at >= 0; at--) {
            if (bytes.getInt(at) == END) {
                int rest = tail - at - END_LENGTH - (bytes.getShort(at + 20) & 0xffff);
                if (rest == 0) {
                    return file.length() - tail + at;
                }
                padded = rest > 0 && padded < 0 ? at : padded;
            }
        }
        if (padded < 0) {
            throw damaged("it has no directory at its end; is the file complete?");
        }
        return file.length() - tail + padded;
    }

    private void readDirectory(ByteBuffer directory, long count) throws WeightFileException {
        for (long i = 0; i < count; i++) {
            if (directory.remaining() < 46 || directory.getInt(directory.position()) != CENTRAL_HEADER) {
                throw damaged("its directory ends after " + i + " of " + count + " entries");
            }
            int at = directory.position();
            int nameLength = directory.getShort(at + 28) & 0xffff;
            int extraLength = directory.getShort(at + 30) & 0xffff;
            int commentLength = directory.getShort(at + 32) & 0xffff;
            if (directory.remaining() < 46 + nameLength + extraLength + commentLength) {
                throw damaged("its directory ends within entry " + i);
            }
            String name = text(directory.slice(at + 46, nameLength));
            ByteBuffer extra = directory.slice(at + 46 + nameLength, extraLength).order(directory.order());
            Entry entry = sized(name, directory, at, extra);
            if (entries.put(name, entry) != null) {
                throw damaged("its directory has " + WeightFileException.quote(name) + " twice");
            }
            directory.position(at + 46 + nameLength + extraLength + commentLength);
        }
        refuseOverlaps();
    }

    /** Refuses entries that share bytes, by which a small archive can stand for any number of large ones. */
    private void refuseOverlaps() throws WeightFileException {
        List<Entry> ordered = new ArrayList<>(entries.values());
        ordered.sort(Comparator.comparingLong(Entry::header));
        long end = 0;
        for (Entry e : ordered) {
            if (e.header < end) {
                throw damaged("its entry " + WeightFileException.quote(e.name) + " overlaps the one before it");
            }
            end = e.header + 30 + e.compressed;
        }
    }

    /** An entry; its numbers that are all ones are in the zip64 extra field, in this order. */
    private Entry sized(String name, ByteBuffer directory, int at, ByteBuffer extra) throws WeightFileException {
        ByteBuffer large = zip64(extra);
        long size = number(directory, at + 24, large);
        long compressed = number(directory, at + 20, large);
        long header = number(directory, at + 42, large);
        if (size < 0 || compressed < 0 || header < 0 || compressed > file.length() || header > file.length()) {
            throw damaged("its entry " + WeightFileException.quote(name) + " has an impossible size or position");
        }
        return new Entry(name, directory.getShort(at + 10) & 0xffff, isEncrypted(directory, at + 8), compressed, size, header);
    }

    private static boolean isEncrypted(ByteBuffer header, int flagsAt) {
        return (header.getShort(flagsAt) & 1) != 0;
    }

    /** A number of 32 bits, or the next of the zip64 extra field if all of its bits are ones. */
    private static long number(ByteBuffer header, int at, ByteBuffer large) {
        long number = header.getInt(at) & 0xffff_ffffL;
        return number == 0xffff_ffffL && large.remaining() >= 8 ? large.getLong() : number;
    }

    private static String text(ByteBuffer utf8) {
        return StandardCharsets.UTF_8.decode(utf8).toString();
    }

    private static ByteBuffer zip64(ByteBuffer extra) {
        while (extra.remaining() >= 4) {
            int id = extra.getShort() & 0xffff;
            int length = Math.min(extra.getShort() & 0xffff, extra.remaining());
            if (id == ZIP64_EXTRA) {
                return extra.slice(extra.position(), length).order(extra.order());
            }
            extra.position(extra.position() + length);
        }
        return ByteBuffer.allocate(0);
    }

    private ByteBuffer slice(long begin, long length) throws WeightFileException {
        if (!file.holds(begin, length)) {
            throw damaged("its directory points outside the file; is it complete?");
        }
        return file.slice(begin, length);
    }

    private WeightFileException damaged(String what) {
        return new WeightFileException("damaged zip archive: " + what);
    }
}
