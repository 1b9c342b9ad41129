package thaw.faults;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * A record of a program's operations, from which follows what the disk holds if the process is killed or the power fails after any of
 * them. A killed process leaves all that it did. After a power failure a file has the bytes that were on the disk when it was last
 * forced, and of the changes to a folder's entries since that was last forced, any may be lost. Folders themselves are not lost.
 */
public final class RecordedDisk implements DiskOperation.Observer {

    private final List<DiskOperation> operations = new ArrayList<>();
    private final Map<Path, Content> live = new TreeMap<>();
    private final Map<Path, Content> forced = new TreeMap<>();
    private final Set<Path> folders = new LinkedHashSet<>();
    private final List<Change> pending = new ArrayList<>();

    /** The content of a file, and how much of it was forced. */
    private static final class Content {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private int forced;
    }

    /** A change of a folder's entries: a name is removed, or refers to other content; each may be null. */
    private record Change(Path removed, Path added, Content content) {
        void applyTo(Map<Path, Content> files) {
            if (removed != null) {
                files.remove(removed);
            }
            if (added != null) {
                files.put(added, content);
            }
        }

        Path folder() {
            return (added == null ? removed : added).getParent();
        }
    }

    /**
     * The content of a disk.
     *
     * @param when  for messages
     * @param files by path, without temporary ones
     */
    public record State(String when, Set<Path> folders, Map<Path, byte[]> files) {

        /** Writes all of it, with paths below {@code from} under {@code to} instead. */
        public void writeTo(Path from, Path to) throws IOException {
            for (Path folder : folders) {
                Files.createDirectories(to.resolve(from.relativize(folder)));
            }
            for (Map.Entry<Path, byte[]> file : files.entrySet()) {
                Path path = to.resolve(from.relativize(file.getKey()));
                Files.createDirectories(path.getParent());
                Files.write(path, file.getValue());
            }
        }
    }

    @Override
    public void before(DiskOperation operation) {
        operations.add(operation);
    }

    /** The number of recorded operations. */
    public int size() {
        return operations.size();
    }

    /** The different states that a kill or a power failure after any of the operations may leave. */
    public List<State> crashes() {
        Map<List<Object>, State> found = new LinkedHashMap<>();
        for (int i = 0; i <= operations.size(); i++) {
            if (i > 0) {
                apply(operations.get(i - 1));
            }
            String after = i == 0 ? "at the start" : "after operation " + i + ", " + operations.get(i - 1);
            add(found, "killed " + after, live, content -> true);
            add(found, "no power " + after + ", nothing lost but what was not forced", live, content -> false);
            add(found, "no power " + after + ", with what was forced alone", forced, content -> false);
            for (Path folder : pending.stream().map(Change::folder).distinct().toList()) {
                add(found, "no power " + after + ", without the changes of " + folder.getFileName(),
                        files(change -> !change.folder().equals(folder)), content -> false);
            }
            for (Change lost : pending) {
                add(found, "no power " + after + ", without " + lost.removed + " to " + lost.added, files(change -> change != lost),
                        content -> false);
            }
        }
        return List.copyOf(found.values());
    }

    private Map<Path, Content> files(Predicate<Change> kept) {
        Map<Path, Content> files = new TreeMap<>(forced);
        pending.stream().filter(kept).forEach(change -> change.applyTo(files));
        return files;
    }

    /** Adds a state, if there is none with the same files of the same lengths; a program never writes over a file's bytes. */
    private void add(Map<List<Object>, State> found, String when, Map<Path, Content> files, Predicate<Content> isWhole) {
        List<Object> key = new ArrayList<>(folders);
        files.forEach((path, content) -> {
            if (!path.getFileName().toString().endsWith(".tmp")) {
                key.addAll(List.of(path, content, isWhole.test(content) ? content.bytes.size() : content.forced));
            }
        });
        found.computeIfAbsent(key, k -> {
            Map<Path, byte[]> bytes = new TreeMap<>();
            files.forEach((path, content) -> bytes.put(path,
                    isWhole.test(content) ? content.bytes.toByteArray() : Arrays.copyOf(content.bytes.toByteArray(), content.forced)));
            return new State(when, Set.copyOf(folders), bytes);
        });
    }

    private void apply(DiskOperation operation) {
        Path path = operation.path();
        switch (operation.kind()) {
            case CREATE_FOLDER -> folders.add(path);
            case CREATE -> change(new Change(null, path, new Content()));
            case WRITE -> live.get(path).bytes.writeBytes(operation.content());
            case FORCE -> live.get(path).forced = live.get(path).bytes.size();
            case MOVE -> change(new Change(path, operation.target(), live.get(path)));
            case DELETE -> {
                if (!folders.remove(path)) {
                    change(new Change(path, null, null));
                }
            }
            case FORCE_FOLDER -> {
                pending.stream().filter(change -> change.folder().equals(path)).forEach(change -> change.applyTo(forced));
                pending.removeIf(change -> change.folder().equals(path));
            }
        }
    }

    private void change(Change change) {
        change.applyTo(live);
        pending.add(change);
    }
}
