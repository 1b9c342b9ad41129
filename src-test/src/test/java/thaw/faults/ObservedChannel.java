package thaw.faults;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** A channel of an {@link ObservedFileSystem}. Of a write that fails, half of the bytes are written. */
final class ObservedChannel extends FileChannel {

    private final ObservedFileSystem system;
    private final Path path;
    private final FileChannel real;

    ObservedChannel(ObservedFileSystem system, Path path, FileChannel real) {
        this.system = system;
        this.path = path;
        this.real = real;
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        byte[] content = new byte[bytes.remaining()];
        bytes.duplicate().get(content);
        try {
            system.observe(new DiskOperation(DiskOperation.Kind.WRITE, path, path, content));
        } catch (IOException failed) {
            real.write(bytes.slice(bytes.position(), bytes.remaining() / 2));
            throw failed;
        }
        return real.write(bytes);
    }

    @Override
    public void force(boolean metaData) throws IOException {
        system.observe(DiskOperation.of(Files.isDirectory(path) ? DiskOperation.Kind.FORCE_FOLDER : DiskOperation.Kind.FORCE, path));
        real.force(metaData);
    }

    @Override
    public long write(ByteBuffer[] buffers, int offset, int length) {
        throw notObserved();
    }

    @Override
    public int write(ByteBuffer bytes, long position) {
        throw notObserved();
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long position, long count) {
        throw notObserved();
    }

    @Override
    public FileChannel truncate(long size) {
        throw notObserved();
    }

    private static UnsupportedOperationException notObserved() {
        return new UnsupportedOperationException("this kind of writing is not observed; let DiskOperation have it");
    }

    @Override
    public int read(ByteBuffer bytes) throws IOException {
        return real.read(bytes);
    }

    @Override
    public long read(ByteBuffer[] buffers, int offset, int length) throws IOException {
        return real.read(buffers, offset, length);
    }

    @Override
    public int read(ByteBuffer bytes, long position) throws IOException {
        return real.read(bytes, position);
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
        return real.transferTo(position, count, target);
    }

    @Override
    public long position() throws IOException {
        return real.position();
    }

    @Override
    public FileChannel position(long position) throws IOException {
        real.position(position);
        return this;
    }

    @Override
    public long size() throws IOException {
        return real.size();
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) throws IOException {
        return real.map(mode, position, size);
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) throws IOException {
        return real.lock(position, size, shared);
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) throws IOException {
        return real.tryLock(position, size, shared);
    }

    @Override
    protected void implCloseChannel() throws IOException {
        real.close();
    }
}
