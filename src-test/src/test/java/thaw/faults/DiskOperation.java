package thaw.faults;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A change of what is on the disk.
 *
 * @param path    the file or folder
 * @param target  the new name of a file that is moved; otherwise {@code path}
 * @param content the bytes that are written at the file's end; otherwise empty
 */
public record DiskOperation(Kind kind, Path path, Path target, byte[] content) {

    /** The kinds of changes. {@code FORCE} and {@code FORCE_FOLDER} change what a power failure leaves. */
    public enum Kind {
        CREATE_FOLDER, CREATE, WRITE, FORCE, MOVE, DELETE, FORCE_FOLDER
    }

    /** Is told of each operation before it is done. */
    public interface Observer {
        /** @throws IOException to prevent the operation, which then fails with it; half of the bytes are written of a write */
        void before(DiskOperation operation) throws IOException;
    }

    static DiskOperation of(Kind kind, Path path) {
        return new DiskOperation(kind, path, path, new byte[0]);
    }

    @Override
    public String toString() {
        return kind + " " + path.getFileName() + (content.length == 0 ? "" : " (" + content.length + " bytes)");
    }
}
