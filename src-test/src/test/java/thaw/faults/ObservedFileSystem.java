package thaw.faults;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.StandardOpenOption;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.stream.StreamSupport;

/**
 * Another file system with an observer of each change to it. As the default file system
 * ({@code -Djava.nio.file.spi.DefaultFileSystemProvider=thaw.faults.ObservedFileSystem}), whose observer is {@link #observer}, it
 * observes a whole process.
 */
public final class ObservedFileSystem extends FileSystemProvider {

    private final FileSystemProvider real;
    private final Instance instance;
    private volatile DiskOperation.Observer observer = operation -> {};

    /** Wraps the default file system of Java, which calls this. */
    public ObservedFileSystem(FileSystemProvider real) {
        this.real = real;
        this.instance = new Instance(this, real.getFileSystem(URI.create("file:///")));
    }

    /** The real path as one of this file system. */
    public Path path(Path path) {
        return wrap(path);
    }

    /** Sets the observer of all changes from now on. */
    public void observer(DiskOperation.Observer observer) {
        this.observer = observer;
    }

    void observe(DiskOperation operation) throws IOException {
        observer.before(operation);
    }

    Path wrap(Path path) {
        return path == null || path instanceof ObservedPath ? path : new ObservedPath(instance, path);
    }

    public static Path real(Path path) {
        return path instanceof ObservedPath observed ? observed.real() : path;
    }

    // ---- changes -------------------------------------------------------------------------------------------------

    @Override
    public FileChannel newFileChannel(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        boolean creates = options.contains(StandardOpenOption.CREATE) || options.contains(StandardOpenOption.CREATE_NEW);
        if (options.contains(StandardOpenOption.TRUNCATE_EXISTING) || creates && Files.notExists(real(path))) {
            observe(DiskOperation.of(DiskOperation.Kind.CREATE, real(path)));
        }
        return new ObservedChannel(this, real(path), real.newFileChannel(real(path), options, attributes));
    }

    @Override
    public SeekableByteChannel newByteChannel(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        return options.contains(StandardOpenOption.WRITE) ? newFileChannel(path, options, attributes)
                : real.newByteChannel(real(path), options, attributes);
    }

    @Override
    public void createDirectory(Path folder, FileAttribute<?>... attributes) throws IOException {
        if (Files.notExists(real(folder))) {
            observe(DiskOperation.of(DiskOperation.Kind.CREATE_FOLDER, real(folder)));
        }
        real.createDirectory(real(folder), attributes);
    }

    @Override
    public void delete(Path path) throws IOException {
        if (Files.exists(real(path), LinkOption.NOFOLLOW_LINKS)) {
            observe(DiskOperation.of(DiskOperation.Kind.DELETE, real(path)));
        }
        real.delete(real(path));
    }

    @Override
    public void move(Path source, Path target, CopyOption... options) throws IOException {
        observe(new DiskOperation(DiskOperation.Kind.MOVE, real(source), real(target), new byte[0]));
        real.move(real(source), real(target), options);
    }

    @Override
    public void copy(Path source, Path target, CopyOption... options) {
        throw new UnsupportedOperationException("copying is not observed");
    }

    @Override
    public void setAttribute(Path path, String attribute, Object value, LinkOption... options) throws IOException {
        real.setAttribute(real(path), attribute, value, options);
    }

    // ---- all else ------------------------------------------------------------------------------------------------

    @Override
    public String getScheme() {
        return real.getScheme();
    }

    @Override
    public FileSystem newFileSystem(URI uri, Map<String, ?> environment) throws IOException {
        return real.newFileSystem(uri, environment);
    }

    @Override
    public FileSystem getFileSystem(URI uri) {
        return instance;
    }

    @Override
    public Path getPath(URI uri) {
        return wrap(real.getPath(uri));
    }

    @Override
    public DirectoryStream<Path> newDirectoryStream(Path folder, DirectoryStream.Filter<? super Path> filter) throws IOException {
        DirectoryStream<Path> entries = real.newDirectoryStream(real(folder), entry -> filter.accept(wrap(entry)));
        return new DirectoryStream<>() {
            @Override
            public Iterator<Path> iterator() {
                return StreamSupport.stream(entries.spliterator(), false).map(ObservedFileSystem.this::wrap).iterator();
            }

            @Override
            public void close() throws IOException {
                entries.close();
            }
        };
    }

    @Override
    public boolean isSameFile(Path path, Path other) throws IOException {
        return real.isSameFile(real(path), real(other));
    }

    @Override
    public boolean isHidden(Path path) throws IOException {
        return real.isHidden(real(path));
    }

    @Override
    public FileStore getFileStore(Path path) throws IOException {
        return real.getFileStore(real(path));
    }

    @Override
    public void checkAccess(Path path, AccessMode... modes) throws IOException {
        real.checkAccess(real(path), modes);
    }

    @Override
    public Path readSymbolicLink(Path link) throws IOException {
        return wrap(real.readSymbolicLink(real(link)));
    }

    @Override
    public <V extends FileAttributeView> V getFileAttributeView(Path path, Class<V> type, LinkOption... options) {
        return real.getFileAttributeView(real(path), type, options);
    }

    @Override
    public <A extends BasicFileAttributes> A readAttributes(Path path, Class<A> type, LinkOption... options) throws IOException {
        return real.readAttributes(real(path), type, options);
    }

    @Override
    public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options) throws IOException {
        return real.readAttributes(real(path), attributes, options);
    }

    /** The file system of this provider. */
    static final class Instance extends FileSystem {
        private final ObservedFileSystem provider;
        private final FileSystem real;

        Instance(ObservedFileSystem provider, FileSystem real) {
            this.provider = provider;
            this.real = real;
        }

        @Override
        public ObservedFileSystem provider() {
            return provider;
        }

        @Override
        public void close() throws IOException {
            real.close();
        }

        @Override
        public boolean isOpen() {
            return real.isOpen();
        }

        @Override
        public boolean isReadOnly() {
            return real.isReadOnly();
        }

        @Override
        public String getSeparator() {
            return real.getSeparator();
        }

        @Override
        public Iterable<Path> getRootDirectories() {
            return StreamSupport.stream(real.getRootDirectories().spliterator(), false).map(provider::wrap).toList();
        }

        @Override
        public Iterable<FileStore> getFileStores() {
            return real.getFileStores();
        }

        @Override
        public Set<String> supportedFileAttributeViews() {
            return real.supportedFileAttributeViews();
        }

        @Override
        public Path getPath(String first, String... more) {
            return provider.wrap(real.getPath(first, more));
        }

        @Override
        public PathMatcher getPathMatcher(String pattern) {
            PathMatcher matcher = real.getPathMatcher(pattern);
            return path -> matcher.matches(real(path));
        }

        @Override
        public UserPrincipalLookupService getUserPrincipalLookupService() {
            return real.getUserPrincipalLookupService();
        }

        @Override
        public WatchService newWatchService() throws IOException {
            return real.newWatchService();
        }
    }
}
