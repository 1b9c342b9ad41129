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
 * Resolves the file names of a table in a folder. A name without an image's extension resolves to the only image of that name
 * with one, and a name in composed characters (NFC) to a file in combining ones (NFD), and vice versa.
 */
final class TableFiles {
    private final Path csv;
    private final Path root;
    private final String suffix;
    /** Image files by folder and by name without extension. */
    private final Map<Path, Map<String, List<Path>>> folders = new HashMap<>();

    TableFiles(Path csv, Path root, String suffix) {
        this.csv = csv;
        this.root = root;
        this.suffix = suffix;
    }

    /**
     * The file of a record, which need not exist.
     *
     * @param row the record's number, from 1
     * @throws ImageFolderException if the name cannot be a file's, or two images have it
     */
    Path resolve(int row, String name) {
        Path file = path(row, name);
        if (!name.equals(name.strip()) && !Files.exists(file)) {
            return resolve(row, name.strip());
        }
        String last = FileNames.of(file);
        if (name.isBlank() || last.isEmpty() || last.equals(".") || last.equals("..")) {
            throw new ImageFolderException(csv + ": record " + row + " has '" + name + "' as its file; expected a file name");
        }
        if (ImageFormat.isImageName(last)) {
            return FileNames.isAscii(name) || Files.exists(file) ? file : otherForm(row, name, file);
        }
        List<Path> called = calledSo(file);
        if (called.size() > 1) {
            throw new ImageFolderException(csv + ": record " + row + " has '" + name + "', which may be "
                    + called.get(0).getFileName() + " or " + called.get(1).getFileName() + "; give the suffix, such as --suffix "
                    + ImageFiles.ending(FileNames.of(called.get(0))) + " (in Java CsvLabels.suffix)");
        }
        return called.isEmpty() ? file : called.get(0);
    }

    private Path path(int row, String name) {
        try {
            return root.resolve(name + suffix);
        } catch (InvalidPathException odd) {
            throw new ImageFolderException(csv + ": record " + row + " has a name that no file can have: "
                    + (odd.getReason().startsWith("Malformed") ? FileNames.remedy(name) : odd.getReason()), odd);
        }
    }

    private Path otherForm(int row, String name, Path otherwise) {
        return Stream.of(Normalizer.Form.NFC, Normalizer.Form.NFD).map(form -> path(row, Normalizer.normalize(name, form)))
                .filter(Files::exists).findFirst().orElse(otherwise);
    }

    /** Whether a field, with the suffix, names an existing image. */
    boolean isThere(String field) {
        try {
            Path file = root.resolve(field.strip() + suffix);
            return !field.isBlank() && ImageFiles.isImage(file) && Files.exists(file);
        } catch (InvalidPathException odd) {
            return false;
        }
    }

    /** Whether a field has an image's extension. */
    boolean hasEnding(String field) {
        return ImageFormat.isImageName(field.strip()) && field.strip().lastIndexOf('.') > 0;
    }

    /** Whether a field names existing images without their extension. */
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
