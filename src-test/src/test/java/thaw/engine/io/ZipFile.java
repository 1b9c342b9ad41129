package thaw.engine.io;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;

/** Writes zip archives of which single fields can be changed afterwards: a local header, and an entry of the directory. */
final class ZipFile {
    /** Places of fields in a local header. */
    static final int LOCAL_FLAGS = 6;
    static final int LOCAL_METHOD = 8;
    static final int LOCAL_COMPRESSED = 18;
    static final int LOCAL_SIZE = 22;
    static final int LOCAL_NAME = 30;
    /** Places of fields in an entry of the directory. */
    static final int FLAGS = 8;
    static final int METHOD = 10;
    static final int SIZE = 24;
    static final int POSITION = 42;
    static final int NAME = 46;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream directory = new ByteArrayOutputStream();
    private final List<Integer> locals = new ArrayList<>();
    private final List<Integer> entries = new ArrayList<>();

    /** Adds an uncompressed entry. */
    ZipFile stored(String name, byte[] content) {
        return add(name, 0, content, content.length);
    }

    /** Adds a compressed entry. */
    ZipFile deflated(String name, byte[] content) {
        Deflater deflater = new Deflater(9, true);
        deflater.setInput(content);
        deflater.finish();
        byte[] compressed = new byte[content.length + 64];
        int length = deflater.deflate(compressed);
        deflater.end();
        return add(name, 8, Arrays.copyOf(compressed, length), content.length);
    }

    private ZipFile add(String name, int method, byte[] content, int size) {
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        locals.add(out.size());
        entries.add(directory.size());
        ByteBuffer local = ByteBuffer.allocate(30).order(ByteOrder.LITTLE_ENDIAN).putInt(0x04034b50);
        local.putShort(LOCAL_METHOD, (short) method).putInt(LOCAL_COMPRESSED, content.length).putInt(LOCAL_SIZE, size)
                .putShort(26, (short) utf8.length);
        ByteBuffer entry = ByteBuffer.allocate(46).order(ByteOrder.LITTLE_ENDIAN).putInt(0x02014b50);
        entry.putShort(METHOD, (short) method).putInt(20, content.length).putInt(SIZE, size).putShort(28, (short) utf8.length)
                .putInt(POSITION, out.size());
        out.writeBytes(local.array());
        out.writeBytes(utf8);
        out.writeBytes(content);
        directory.writeBytes(entry.array());
        directory.writeBytes(utf8);
        return this;
    }

    /** The archive. */
    byte[] bytes() {
        ByteBuffer file = ByteBuffer.allocate(out.size() + directory.size() + 22).order(ByteOrder.LITTLE_ENDIAN);
        file.put(out.toByteArray()).put(directory.toByteArray()).putInt(0x06054b50).putInt(0);
        file.putShort((short) entries.size()).putShort((short) entries.size()).putInt(directory.size()).putInt(out.size());
        return file.array();
    }

    /** The archive with bytes of a local header replaced. */
    byte[] withLocal(int entry, int field, String latin1) {
        return replaced(locals.get(entry) + field, latin1);
    }

    /** The archive with bytes of an entry of the directory replaced. */
    byte[] withEntry(int entry, int field, String latin1) {
        return replaced(out.size() + entries.get(entry) + field, latin1);
    }

    private byte[] replaced(int at, String latin1) {
        byte[] file = bytes();
        byte[] bytes = latin1.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(bytes, 0, file, at, bytes.length);
        return file;
    }
}
