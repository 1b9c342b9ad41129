package thaw.finetune.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** An exclusive lock on a run folder. It is a file lock of the operating system, released even if the process is killed. */
final class RunLock implements AutoCloseable {

    private final FileChannel channel;

    private RunLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Takes the lock. On a file system without locks the run is not locked.
     *
     * @param file created if it does not exist
     * @throws IOException if another process, or another run in this process, holds the lock
     */
    static RunLock take(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (!isOurs(channel)) {
            channel.close();
            throw new IOException(file.getParent() + ": another process trains into this folder; wait until it ends, or give"
                    + " another folder");
        }
        return new RunLock(channel);
    }

    private static boolean isOurs(FileChannel channel) {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException inThisProcess) {
            return false;
        } catch (IOException noLocksHere) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
