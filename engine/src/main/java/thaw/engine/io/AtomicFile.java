package thaw.engine.io;

import java.io.IOException;
import java.nio.ByteBuffer;
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
 * Replaces files atomically: new content goes to a temporary file in the same folder, is forced to the disk, and is then
 * renamed; the folder is forced to the disk too. Whatever fails in between, the name refers either to the complete old
 * content or to the complete new one, and what is written or deleted later never reaches the disk earlier. On file systems
 * without atomic renames the file is replaced by an ordinary move.
 */
public final class AtomicFile {

    /** A callback that writes the new content. */
    @FunctionalInterface
    public interface Content {
        /**
         * Writes the new content from the start of an empty file.
         *
         * @throws IOException if writing fails; the old file is then unchanged
         */
        void writeTo(FileChannel channel) throws IOException;
    }

    private AtomicFile() {
    }

    /**
     * Writes a file. If {@code path} is a symbolic link, its target is replaced.
     *
     * @throws IOException if writing or renaming fails; the existing file is then unchanged, and the temporary file is deleted
     */
    public static void write(Path path, Content content) throws IOException {
        Path file = requireWritable(path);
        Path temporary = file.resolveSibling("." + file.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try {
            // Not Files.createTempFile: only the owner can read its files, and the final file would keep those permissions.
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
            discard(temporary);
        }
        force(file.getParent());
    }

    /**
     * Deletes a file, if it exists; the disk has this before what is written or deleted afterwards.
     *
     * @throws IOException if the file cannot be deleted
     */
    public static void delete(Path file) throws IOException {
        try {
            if (Files.deleteIfExists(file)) {
                force(file.toAbsolutePath().getParent());
            }
        } catch (IOException failed) {
            throw new IOException("cannot delete " + file + ": " + reason(failed), failed);
        }
    }

    /** Deletes the temporary file, which is there only after a failure; a second failure must not hide the first one's reason. */
    private static void discard(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException remains) {
            // It stays under its hidden name.
        }
    }

    /**
     * Forces a folder's entries to the disk. Where a system cannot do that, the disk alone decides when they get there; each file
     * is still complete.
     */
    private static void force(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException unsupported) {
            // Windows opens no folders, and some network file systems force none.
        }
    }

    /** Like {@link #write(Path, Content)}, for content in memory. */
    public static void write(Path path, byte[] content) throws IOException {
        write(path, channel -> writeAll(channel, ByteBuffer.wrap(content)));
    }

    /** Writes all remaining bytes of a buffer, which one call of {@link FileChannel#write} need not do. */
    static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /**
     * Checks that {@link #write(Path, Content)} can write a file, for use before long work.
     *
     * @return the file that {@link #write(Path, Content)} would create or replace, with links resolved
     * @throws IOException if the file cannot be written, as far as this can be determined without writing
     */
    public static Path requireWritable(Path path) throws IOException {
        if (path.getFileName() == null || Files.isDirectory(path)) {
            throw new IOException(path + " is a folder; give the name of a file to write");
        }
        Path file = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException("cannot write " + path + ": it is not a regular file (a device, for example), and a rename"
                    + " would replace it; give the name of a regular file");
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

    /** The system's reason for a failure, without the temporary file's name. */
    private static String reason(IOException failed) {
        if (failed instanceof NoSuchFileException) {
            return "its folder is gone or accepts no files";
        }
        if (failed instanceof AccessDeniedException) {
            return "permission denied";
        }
        return failed instanceof FileSystemException system && system.getReason() != null
                ? system.getReason() : String.valueOf(failed.getMessage());
    }
}
