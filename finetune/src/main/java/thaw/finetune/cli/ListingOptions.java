package thaw.finetune.cli;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;
import thaw.finetune.data.CsvLabels;
import thaw.finetune.data.FolderLayout;

/** Which images there are in DATA and what they show: by folders, or by a table. */
final class ListingOptions {

    @Option(names = "--labels", paramLabel = "CSV", description = "A table of file and label, of files in DATA.")
    private Path labels;

    @Option(names = "--multi-label", arity = "0..1", fallbackValue = " ", paramLabel = "SEP",
            description = "An image may show several, in --labels with SEP between (a space if none is given).")
    private String delimiter;

    @Option(names = "--file-column", paramLabel = "NAME", defaultValue = "", hidden = true,
            description = "Of files, in --labels (default: the first that names a file).")
    private String fileColumn;

    @Option(names = "--label-column", paramLabel = "NAME", defaultValue = "", hidden = true,
            description = "Of labels, in --labels (default: label, class, …, or the one after the files).")
    private String labelColumn;

    @Option(names = "--valid-column", paramLabel = "NAME", defaultValue = "", hidden = true,
            description = "Says which images are for validation, in --labels; -: none does (default: is_valid or split).")
    private String validColumn;

    @Option(names = "--suffix", paramLabel = ".jpg", defaultValue = "", hidden = true,
            description = "Added to the files' names in --labels.")
    private String suffix;

    @Option(names = "--valid-folder", paramLabel = "DIR", defaultValue = "", hidden = true,
            description = "Class folders to validate on, in DATA or elsewhere (default: valid/, val/, validation/, or test/).")
    private String validFolder;

    @Option(names = "--leave-out", paramLabel = "NAME", split = ",", hidden = true,
            description = "Folders in DATA that are no classes, such as test.")
    private List<String> leftOut = List.of();

    @Option(names = "--flat", hidden = true, description = "Every folder in DATA is a class, also train/ and test/.")
    private boolean flat;

    void requireSense() {
        boolean ofTable = !(fileColumn + labelColumn + validColumn + suffix).isEmpty() || delimiter != null;
        if (labels == null && ofTable) {
            throw new Failure(delimiter != null
                    ? "--multi-label needs --labels CSV: a folder for each class says but one of an image"
                    : "--file-column, --label-column, --valid-column and --suffix are of --labels CSV; give that too");
        }
        if (labels != null && (flat || !leftOut.isEmpty() || !validFolder.isEmpty())) {
            throw new Failure("--flat, --leave-out and --valid-folder are of class folders; with --labels the table says all");
        }
    }

    /** Whether an image may show several classes. */
    boolean multiLabel() {
        return delimiter != null;
    }

    String delimiter() {
        return delimiter;
    }

    /** Absolute; null for class folders. */
    Path table() {
        return labels == null ? null : labels.toAbsolutePath().normalize();
    }

    CsvLabels columns() {
        return CsvLabels.standard().fileColumn(fileColumn).labelColumn(labelColumn).validColumn(validColumn)
                .delimiter(delimiter == null ? "" : delimiter).suffix(suffix);
    }

    /** @param folder of the data, in which {@code --valid-folder} is looked for first, and then where the command runs */
    FolderLayout layout(Path folder) {
        FolderLayout names = flat ? FolderLayout.everyFolderAClass() : FolderLayout.standard();
        FolderLayout some = names.leaveOut(leftOut);
        if (validFolder.isEmpty()) {
            return some;
        }
        Path inside = folder.resolve(validFolder);
        Path found = inside.toFile().isDirectory() ? inside : Path.of(validFolder);
        return some.validFolder(found.toAbsolutePath().normalize().toString());
    }
}
