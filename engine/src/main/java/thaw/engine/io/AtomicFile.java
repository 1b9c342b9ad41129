package thaw.engine.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
     * Writes a file, or where {@code path} is a link, the file that it leads to.
     *
     * @throws IOException if writing or renaming fails; the file is then as it was, and the temporary one is gone
     */
    public static void write(Path path, Content content) throws IOException {
        Path file = requireWritable(path);
        Path temporary = file.resolveSibling("." + file.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try {
            // Not Files.createTempFile: its files are readable by their owner alone, and would stay so under the final name.
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                content.writeTo(channel);
                channel.force(true);
            }
            try {
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException failed) {
            throw new IOException("cannot write " + path + ": " + reason(failed), failed);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /**
     * For a check before long work at whose end {@link #write} is called.
     *
     * @return the file that it would make or replace, links followed
     * @throws IOException if it cannot be written, as far as that can be known without trying
     */
    public static Path requireWritable(Path path) throws IOException {
        if (path.getFileName() == null || Files.isDirectory(path)) {
            throw new IOException(path + " is a folder; give the name of a file to write");
        }
        Path file = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException("cannot write " + path + ": it is a device or the like, which a rename would replace; give the"
                    + " name of a regular file");
        }
        Path folder = file.getParent();
        if (!Files.isDirectory(folder)) {
            throw new IOException("cannot write " + path + ": there is no folder " + folder);
        }
        if (!Files.isWritable(folder)) {
            throw new IOException("cannot write " + path + ": no permission to write in the folder " + folder);
        }
        return file;
    }

    /** What the system says, without the temporary file's name. */
    private static String reason(IOException failed) {
        if (failed instanceof NoSuchFileException) {
            return "its folder takes no files";
        }
        if (failed instanceof AccessDeniedException) {
            return "permission denied";
        }
        return failed instanceof FileSystemException system && system.getReason() != null
                ? system.getReason() : String.valueOf(failed.getMessage());
    }
}
