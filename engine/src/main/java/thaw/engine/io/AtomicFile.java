package thaw.engine.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Writes a file so that its name shows either what was there before or the whole of what is new, whatever fails in
 * between: into a temporary file in the same folder, forced to the disk, then renamed.
 */
public final class AtomicFile {

    /** Writes the new content. */
    @FunctionalInterface
    public interface Content {
        void writeTo(FileChannel channel) throws IOException;
    }

    private AtomicFile() {
    }

    /**
     * @throws IOException if writing or renaming fails; the file is then as it was, and the temporary one is gone
     */
    public static void write(Path path, Content content) throws IOException {
        Path name = path.getFileName();
        if (name == null || Files.isDirectory(path)) {
            throw new IOException(path + " is a folder; give the name of a file to write");
        }
        Path folder = path.toAbsolutePath().getParent();
        if (!Files.isDirectory(folder)) {
            throw new IOException("cannot write " + path + ": there is no folder " + folder);
        }
        // Not Files.createTempFile: its files are readable by their owner alone, and would stay so under the final name.
        Path temporary = path.resolveSibling("." + name + "." + UUID.randomUUID() + ".tmp");
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                content.writeTo(channel);
                channel.force(true);
            }
            try {
                Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(temporary, path, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
