package thaw.finetune.data;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import thaw.finetune.images.ImageFormat;

/**
 * The files that a table names, from a folder. A name without an image's ending is that of the only image called so with one, and a
 * name in composed characters that of a file in combining ones, or the other way round.
 */
final class TableFiles {
    private final Path csv;
    private final Path root;
    private final String suffix;
    /** By folder and by name without ending: the image files there. */
    private final Map<Path, Map<String, List<Path>>> folders = new HashMap<>();

    TableFiles(Path csv, Path root, String suffix) {
        this.csv = csv;
        this.root = root;
        this.suffix = suffix;
    }

    /**
     * The file of a record, which may be missing.
     *
     * @param record its number, from 1
     * @throws ImageFolderException if the name is no file's, or two images are called so
     */
    Path resolve(int record, String name) {
        Path file = path(record, name);
        if (!name.equals(name.strip()) && !Files.exists(file)) {
            return resolve(record, name.strip());
        }
        String last = FileNames.of(file);
        if (name.isBlank() || last.isEmpty() || last.equals(".") || last.equals("..")) {
            throw new ImageFolderException(csv + ": record " + record + " has '" + name + "' for a file; expected a file's name");
        }
        if (ImageFormat.isImageName(last)) {
            return FileNames.isAscii(name) || Files.exists(file) ? file : otherForm(record, name, file);
        }
        List<Path> called = calledSo(file);
        if (called.size() > 1) {
            throw new ImageFolderException(csv + ": record " + record + " has '" + name + "', which may be "
                    + called.get(0).getFileName() + " or " + called.get(1).getFileName() + "; give the ending, such as --suffix "
                    + ImageFiles.ending(FileNames.of(called.get(0))) + " (in Java CsvLabels.suffix)");
        }
        return called.isEmpty() ? file : called.get(0);
    }

    private Path path(int record, String name) {
        try {
            return root.resolve(name + suffix);
        } catch (InvalidPathException odd) {
            throw new ImageFolderException(csv + ": record " + record + " has a name that no file can have: "
                    + (odd.getReason().startsWith("Malformed") ? FileNames.remedy(name) : odd.getReason()), odd);
        }
    }

    private Path otherForm(int record, String name, Path otherwise) {
        return Stream.of(Normalizer.Form.NFC, Normalizer.Form.NFD).map(form -> path(record, Normalizer.normalize(name, form)))
                .filter(Files::exists).findFirst().orElse(otherwise);
    }

    /** Whether a field names an image that is there, with its ending. */
    boolean isThere(String field) {
        try {
            Path file = root.resolve(field.strip() + suffix);
            return !field.isBlank() && ImageFiles.isImage(file) && Files.exists(file);
        } catch (InvalidPathException odd) {
            return false;
        }
    }

    /** Whether a field has an image's ending. */
    boolean hasEnding(String field) {
        return ImageFormat.isImageName(field.strip()) && field.strip().lastIndexOf('.') > 0;
    }

    /** Whether a field names images that are there, but for the ending. */
    boolean isThereWithEnding(String field) {
        try {
            return !field.isBlank() && !calledSo(root.resolve(field.strip())).isEmpty();
        } catch (InvalidPathException odd) {
            return false;
        }
    }

    private List<Path> calledSo(Path file) {
        if (!suffix.isEmpty()) {
            return List.of();
        }
        Path folder = file.getParent() == null ? Path.of("") : file.getParent();
        return folders.computeIfAbsent(folder, TableFiles::images)
                .getOrDefault(FileNames.normalized(FileNames.of(file)), List.of());
    }

    private static Map<String, List<Path>> images(Path folder) {
        Map<String, List<Path>> images = new HashMap<>();
        if (Files.isDirectory(folder)) {
            ClassFolders.children(folder).filter(ImageFiles::isImage).sorted(ImageFiles.BY_CODE_POINTS).forEach(file -> {
                String name = FileNames.of(file);
                images.computeIfAbsent(FileNames.normalized(name.substring(0, name.lastIndexOf('.'))), any -> new ArrayList<>())
                        .add(file);
            });
        }
        return images;
    }
}
