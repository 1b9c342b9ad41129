package thaw.engine.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.StreamSupport;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ZipArchiveTest {

    private static Map<String, byte[]> read(byte[] file) throws WeightFileException {
        ZipArchive archive = new ZipArchive(FileBytes.of("archive.zip", file));
        Map<String, byte[]> contents = new LinkedHashMap<>();
        for (String name : archive.names()) {
            ByteBuffer content = archive.content(name).slice();
            assertEquals(archive.length(name), content.remaining());
            byte[] bytes = new byte[content.remaining()];
            content.get(bytes);
            contents.put(name, bytes);
        }
        return contents;
    }

    private static void assertContents(Map<String, byte[]> expected, byte[] file) throws WeightFileException {
        Map<String, byte[]> actual = read(file);
        assertEquals(List.copyOf(expected.keySet()), List.copyOf(actual.keySet()));
        expected.forEach((name, content) -> assertEquals(ByteBuffer.wrap(content), ByteBuffer.wrap(actual.get(name)), name));
    }

    /** Archives by Java's writer: stored, and deflated with sizes behind the content; with comments and extra fields. */
    @Test
    void whatJavaWritesIsRead() throws IOException {
        SplittableRandom random = new SplittableRandom(1);
        for (int comment : new int[] {0, 1, 255, 65_535}) {
            Map<String, byte[]> contents = new LinkedHashMap<>();
            ByteArrayOutputStream file = new ByteArrayOutputStream();
            try (ZipOutputStream zip = new ZipOutputStream(file)) {
                zip.setComment("c".repeat(comment));
                for (int i = 0; i < 8; i++) {
                    // An empty name, an empty content, and contents that deflate well and badly.
                    String name = i == 7 ? "" : "folder/\u00e4" + i;
                    byte[] content = new byte[i < 2 ? 0 : random.nextInt(1, 70_000)];
                    if (i % 3 == 0) {
                        random.nextBytes(content);
                    }
                    ZipEntry entry = new ZipEntry(name);
                    if (i % 4 < 2) {
                        CRC32 sum = new CRC32();
                        sum.update(content);
                        entry.setMethod(ZipEntry.STORED);
                        entry.setSize(content.length);
                        entry.setCrc(sum.getValue());
                    }
                    if (i % 2 == 0) {
                        entry.setExtra(new byte[] {(byte) 0xfe, (byte) 0xca, 3, 0, 1, 2, 3});
                        entry.setComment("comment " + i);
                    }
                    zip.putNextEntry(entry);
                    zip.write(content);
                    contents.put(name, content);
                }
            }
            assertContents(contents, file.toByteArray());
            // Padded, the end record is still among the last bytes that are searched.
            assertContents(contents, Arrays.copyOf(file.toByteArray(), file.size() + 65_535 - comment));
        }
    }

    /** An empty archive is its end record alone. */
    @Test
    void anArchiveWithoutEntries() throws WeightFileException {
        byte[] empty = new ZipFile().bytes();
        assertEquals(22, empty.length);
        assertContents(Map.of(), empty);
        assertContents(Map.of(), Arrays.copyOf(empty, 30));
    }

    /** The directory may list entries in another order than that of their contents. */
    @Test
    void theOrderIsTheDirectorys() throws WeightFileException {
        ZipFile zip = new ZipFile().stored("a", new byte[] {1}).stored("b", new byte[] {2});
        byte[] swapped = zip.withEntry(0, ZipFile.NAME, "b");
        int second = 47;
        swapped[swapped.length - 22 - second + ZipFile.NAME] = 'a';
        swapped[swapped.length - 22 - 2 * second + ZipFile.POSITION] = 32;
        swapped[swapped.length - 22 - second + ZipFile.POSITION] = 0;
        Map<String, byte[]> contents = new LinkedHashMap<>();
        contents.put("b", new byte[] {2});
        contents.put("a", new byte[] {1});
        assertContents(contents, swapped);
    }

    /** All numbers in zip64's fields, behind an empty extra field and one of another number (APPNOTE 4.3.14 and 4.5.3). */
    private static ByteBuffer zip64(int content) {
        byte[] extra = ByteBuffer.allocate(4 + 7 + 4 + 24).order(ByteOrder.LITTLE_ENDIAN).putShort((short) 0xcafe).putShort((short) 0)
                .putShort((short) 0xbeef).putShort((short) 3).put(new byte[3])
                .putShort((short) 1).putShort((short) 24).putLong(content).putLong(content).putLong(0).array();
        ByteBuffer file = ByteBuffer.allocate(1000).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(0x04034b50).put(new byte[14]).putInt(-1).putInt(-1).putShort((short) 1).putShort((short) extra.length);
        file.put((byte) 'a').put(extra);
        for (int i = 0; i < content; i++) {
            file.put((byte) i);
        }
        int directory = file.position();
        file.putInt(0x02014b50).put(new byte[16]).putInt(-1).putInt(-1).putShort((short) 1).putShort((short) extra.length)
                .putShort((short) 0).put(new byte[8]).putInt(-1).put((byte) 'a').put(extra);
        int end = file.position();
        file.putInt(0x06064b50).putLong(44).put(new byte[12]).putLong(1).putLong(1).putLong(end - directory).putLong(directory);
        file.putInt(0x07064b50).putInt(0).putLong(end).putInt(1);
        file.putInt(0x06054b50).putInt(0).putShort((short) -1).putShort((short) -1).putInt(-1).putInt(-1)
                .putShort((short) 0);
        return file.flip();
    }

    @Test
    void numbersOf64Bits() throws WeightFileException {
        ByteBuffer zip64 = zip64(5);
        assertContents(Map.of("a", new byte[] {0, 1, 2, 3, 4}), Arrays.copyOf(zip64.array(), zip64.limit()));
    }

    /** The end record's length of the directory, too short by some bytes of the only entry. */
    @ParameterizedTest
    @ValueSource(ints = {1, 5, 46, 51})
    void aDirectoryThatIsTooShort(int missing) {
        byte[] file = new ZipFile().stored("folder", new byte[100]).bytes();
        file[file.length - 10] -= (byte) missing;
        String message = assertThrows(WeightFileException.class, () -> read(file)).getMessage();
        assertTrue(message.contains(missing <= 6 ? "ends within entry 0" : "ends after 0 of 1"), message);
    }

    /** Content that inflates to fewer bytes than stated. */
    @Test
    void aContentThatEndsEarly() {
        byte[] content = "content ".repeat(20).getBytes(StandardCharsets.UTF_8);
        ZipFile zip = new ZipFile().deflated("a", content);
        byte[] file = zip.withEntry(0, ZipFile.SIZE, "\u00a1");
        file[ZipFile.LOCAL_SIZE] = (byte) 0xa1;
        String message = assertThrows(WeightFileException.class, () -> read(file)).getMessage();
        assertTrue(message.contains("ends after 160 of 161 bytes"), message);
    }

    @Test
    void aNameThatIsNotThere() throws WeightFileException {
        ZipArchive archive = new ZipArchive(FileBytes.of("archive.zip", new ZipFile().stored("a", new byte[1]).bytes()));
        assertTrue(archive.has("a") && !archive.has("b"));
        assertEquals(List.of("a"), StreamSupport.stream(archive.names().spliterator(), false).toList());
        assertThrows(WeightFileException.class, () -> archive.content("b"));
        assertThrows(WeightFileException.class, () -> archive.length("b"));
    }
}
