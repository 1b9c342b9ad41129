package thaw.engine.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.kernels.Shape;

/** Files of the format before PyTorch 1.6, written by hand for cases that {@code torch.save} no longer writes. */
class LegacyPyTorchFileTest {

    private static final String MAGIC = "\200\2\212\12l\374\234F\371 j\250P\31.";
    private static final String VERSION = "\200\2M\351\3.";
    private static final String SYSTEM = "}.";

    /** A tensor of two elements at the beginning of storage "0", which has four floats, or of a view of it. */
    private static String tensor(String name, String view) {
        return "U\1" + name + "ctorch._utils\n_rebuild_tensor\n((U\7storagectorch\nFloatStorage\nU\0010U\3cpuK\4" + view
                + "tQK\0K\2\205K\1\205tR";
    }

    private static final String OBJECT = "}(" + tensor("a", "N") + tensor("b", "(U\1vK\2K\2t") + tensor("c", "(U\1vK\2K\2t")
            + "u.";
    private static final String KEYS = "]U\0010a.";

    private static FileBytes file(String pickles, long count, float... values) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(pickles.getBytes(StandardCharsets.ISO_8859_1));
        ByteBuffer storage = ByteBuffer.allocate(8 + 4 * values.length).order(ByteOrder.LITTLE_ENDIAN).putLong(count);
        for (float v : values) {
            storage.putFloat(v);
        }
        out.writeBytes(storage.array());
        return FileBytes.of("old.th", out.toByteArray());
    }

    private static void refused(FileBytes file, String word) {
        WeightFileException e = assertThrows(WeightFileException.class, () -> Weights.read(file));
        assertTrue(e.getMessage().startsWith("old.th") && e.getMessage().contains(word), e.getMessage());
    }

    @Test
    void viewsOfAStorage() throws Exception {
        Weights w = Weights.read(file(MAGIC + VERSION + SYSTEM + OBJECT + KEYS, 4, 1, 2, 3, 4));
        assertEquals(3, w.size());
        assertArrayEquals(new float[] {1, 2}, w.get("a").toFloats());
        assertArrayEquals(new float[] {3, 4}, w.get("b").toFloats());
        assertArrayEquals(new float[] {3, 4}, w.get("c").toFloats());
    }

    @Test
    void viewsOutsideTheirStorage() {
        for (String view : new String[] {"(U\1vK\3K\2t", "(U\1vK\5K\0t", "(U\1vK\0K\5t", "(U\1vJ\377\377\377\377K\1t", "U\1v"}) {
            String object = "}(" + tensor("a", view) + "u.";
            assertThrows(WeightFileException.class,
                    () -> Weights.read(file(MAGIC + VERSION + SYSTEM + object + KEYS, 4, 1, 2, 3, 4)));
        }
    }

    @Test
    void otherVersionsAndDamage() {
        refused(file(MAGIC + "\200\2M\352\3." + SYSTEM + OBJECT + KEYS, 4, 1, 2, 3, 4), "1002");
        refused(file(MAGIC + VERSION + SYSTEM + OBJECT + KEYS, 3, 1, 2, 3, 4), "has 3 elements");
        refused(file(MAGIC + VERSION + SYSTEM + OBJECT + KEYS, 4, 1, 2, 3), "complete");
        refused(file(MAGIC + VERSION + SYSTEM + OBJECT + "].", 4, 1, 2, 3, 4), "missing");
        refused(file(MAGIC + VERSION + SYSTEM + OBJECT + "]U\0011a.", 4, 1, 2, 3, 4), "no tensor has");
        refused(file(MAGIC + VERSION + SYSTEM + OBJECT + "]U\0010aU\0010a.", 4, 1, 2, 3, 4), "twice");
        refused(file(MAGIC + VERSION + SYSTEM + OBJECT + "N.", 4, 1, 2, 3, 4), "list of its storages");
        refused(file(MAGIC + VERSION + SYSTEM + "(U\7nothingNNNNNtQ." + KEYS, 4), "persistent id");
    }

    @Test
    void referencesToAStorageAgree() {
        String other = tensor("b", "N").replace("FloatStorage", "LongStorage");
        refused(file(MAGIC + VERSION + SYSTEM + "}(" + tensor("a", "N") + other + "u." + KEYS, 4, 1, 2, 3, 4), "is described both as");
    }

    /** A tensor over 1 GiB beside one that is needed; a file of holes. */
    @Test
    void tensorBeyondOneGibibyte(@TempDir Path folder) throws Exception {
        int large = (1 << 28) + 1;
        String storage = "ctorch._utils\n_rebuild_tensor\n((U\7storagectorch\nFloatStorage\nU\0011U\3cpu"
                + "J\1\0\0\20NtQK\0J\1\0\0\20\205K\1\205tR";
        String pickles = MAGIC + VERSION + SYSTEM + "}(U\1q" + storage + tensor("a", "N") + "u." + "](U\0011U\0010e.";
        Path path = folder.resolve("large.th");
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.writeBytes(pickles);
            file.writeLong(Long.reverseBytes(large));
            file.seek(file.getFilePointer() + 4L * large);
            file.writeLong(Long.reverseBytes(4));
            for (float v : new float[] {1, 2, 3, 4}) {
                file.writeInt(Integer.reverseBytes(Float.floatToIntBits(v)));
            }
        }
        Weights w = Weights.read(path);
        assertArrayEquals(new float[] {1, 2}, w.get("a").toFloats());
        assertEquals(Shape.of(large), w.get("q").shape());
        String message = assertThrows(UncheckedIOException.class, w.get("q")::toFloats).getMessage();
        assertTrue(message.contains("large.th") && message.contains("\"q\"") && message.contains("1073741828 bytes"), message);
    }
}
