package thaw.engine.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {

    private static final AtomicFile.Content NEW = channel -> channel.write(ByteBuffer.wrap("new".getBytes()));

    @TempDir
    private Path folder;

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void makesAndReplaces() throws IOException {
        Path file = folder.resolve("file");
        AtomicFile.write(file, NEW);
        assertEquals("new", Files.readString(file));
        Files.writeString(file, "something older");
        AtomicFile.write(file, NEW);
        assertEquals("new", Files.readString(file));
        assertEquals(List.of("file"), files());
    }

    @Test
    void aFailureHalfWayLeavesWhatWasThere() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "old");
        IOException failed = assertThrows(IOException.class, () -> AtomicFile.write(file, channel -> {
            NEW.writeTo(channel);
            throw new IOException("No space left on device");
        }));
        assertEquals("cannot write " + file + ": No space left on device", failed.getMessage());
        assertEquals("old", Files.readString(file));
        assertEquals(List.of("file"), files());
    }

    @Test
    void aFolderThatVanishes() throws IOException {
        Path inside = Files.createDirectory(folder.resolve("inside"));
        IOException failed = assertThrows(IOException.class, () -> AtomicFile.write(inside.resolve("file"), channel -> {
            try (Stream<Path> files = Files.list(inside)) {
                Files.delete(files.findFirst().orElseThrow());
            }
            Files.delete(inside);
        }));
        assertEquals("cannot write " + inside.resolve("file") + ": its folder is gone or accepts no files", failed.getMessage());
    }

    @Test
    void deletes() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "old");
        AtomicFile.delete(file);
        AtomicFile.delete(file);
        assertEquals(List.of(), files());
        Files.createDirectories(folder.resolve("full/of"));
        String message = assertThrows(IOException.class, () -> AtomicFile.delete(folder.resolve("full"))).getMessage();
        assertTrue(message.startsWith("cannot delete " + folder.resolve("full") + ": "), message);
    }

    @Test
    void writesTheFileThatALinkLeadsTo() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("file"));
        AtomicFile.write(link, NEW);
        assertEquals("new", Files.readString(file));
        assertTrue(Files.isSymbolicLink(link));
    }

    /** Renaming a file over a device file would remove the device for all processes. */
    @Test
    void refusesWhatIsNoFile() {
        Path device = Path.of("/dev/null");
        assumeTrue(Files.exists(device), "skipped: this system has no /dev/null");
        // This calls the check only: if it were missing, writing as root would remove the device.
        String message = assertThrows(IOException.class, () -> AtomicFile.requireWritable(device)).getMessage();
        assertTrue(message.contains("/dev/null") && message.contains("regular file"), message);
    }

    @Test
    void refusesAFolderAndOneThatIsMissing() {
        assertTrue(assertThrows(IOException.class, () -> AtomicFile.write(folder, NEW)).getMessage().contains("is a folder"));
        Path nowhere = folder.resolve("no/where");
        assertTrue(assertThrows(IOException.class, () -> AtomicFile.write(nowhere, NEW)).getMessage().contains("no folder"));
        assertFalse(Files.exists(nowhere.getParent()));
    }
}
