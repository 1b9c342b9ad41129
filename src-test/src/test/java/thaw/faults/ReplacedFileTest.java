package thaw.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.engine.io.AtomicFile;
import thaw.kernels.CacheFolder;

/** A file that is replaced has its old content or its new one, whichever operation fails and whenever the power does. */
class ReplacedFileTest {

    private static final byte[] OLD = "old".getBytes(StandardCharsets.UTF_8);
    private static final byte[] NEW = "new content".getBytes(StandardCharsets.UTF_8);

    private final ObservedFileSystem disk = new ObservedFileSystem(FileSystems.getDefault().provider());

    @TempDir
    private Path folder;

    private void write(String writer, Path file, byte[] content) throws IOException {
        if (writer.equals("AtomicFile")) {
            AtomicFile.write(disk.path(file), content);
        } else {
            CacheFolder.write(disk.path(file), content);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"AtomicFile", "CacheFolder"})
    void anOperationFails(String writer) throws IOException {
        Path file = folder.resolve("file");
        RecordedDisk record = new RecordedDisk();
        Files.write(file, OLD);
        disk.observer(record);
        write(writer, file, NEW);
        assertTrue(record.size() >= 3, () -> record.size() + " operations");
        for (int k = 1; k <= record.size(); k++) {
            int failing = k;
            AtomicInteger count = new AtomicInteger();
            disk.observer(operation -> {
                if (count.incrementAndGet() == failing) {
                    throw new IOException("No space left on device");
                }
            });
            Files.write(file, OLD);
            boolean last = writer.equals("AtomicFile") && k == record.size();
            if (last) {
                // A folder that cannot be forced does not undo the rename.
                write(writer, file, NEW);
            } else {
                IOException failed = assertThrows(IOException.class, () -> write(writer, file, NEW), "operation " + k);
                assertTrue(failed.getMessage().contains("No space left on device"), failed.getMessage());
            }
            assertEquals(new String(last ? NEW : OLD, StandardCharsets.UTF_8), Files.readString(file), "operation " + k);
            try (Stream<Path> files = Files.list(folder)) {
                assertEquals(List.of(file), files.toList(), "operation " + k);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"AtomicFile", "CacheFolder"})
    void thePowerFails(String writer) throws IOException {
        Path file = folder.resolve("file");
        RecordedDisk record = new RecordedDisk();
        disk.observer(record);
        write(writer, file, OLD);
        write(writer, file, NEW);
        AtomicFile.delete(disk.path(file));
        Set<String> contents = new TreeSet<>();
        record.crashes().forEach(crash -> contents
                .add(crash.files().containsKey(file) ? new String(crash.files().get(file), StandardCharsets.UTF_8) : "none"));
        assertEquals(Set.of("none", "old", "new content"), contents);
    }
}
