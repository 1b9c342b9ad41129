package thaw.finetune.cli;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import thaw.finetune.data.CsvLabels;
import thaw.finetune.data.FolderLayout;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.run.RunSettings;

/** Options for the images and labels in DATA: class folders or a CSV table. */
final class ListingOptions {

    @Option(names = "--labels", paramLabel = "CSV", description = "CSV table with a file in DATA and its label per row.")
    private @Nullable Path labels;

    @Option(names = "--multi-label", arity = "0..1", fallbackValue = " ", paramLabel = "SEP",
            description = "Several labels per image, separated by SEP in --labels (a space if none is given).")
    private @Nullable String delimiter;

    @Option(names = "--file-column", paramLabel = "NAME", defaultValue = "", hidden = true,
            description = "Column of files in --labels (default: the first that names a file).")
    private String fileColumn;

    @Option(names = "--label-column", paramLabel = "NAME", defaultValue = "", hidden = true,
            description = "Column of labels in --labels (default: label, class, …, or the one after the files).")
    private String labelColumn;

    @Option(names = "--valid-column", paramLabel = "NAME", defaultValue = "", hidden = true,
            description = "Column of the validation split in --labels; -: none (default: is_valid or split).")
    private String validColumn;

    @Option(names = "--suffix", paramLabel = ".jpg", defaultValue = "", hidden = true,
            description = "Suffix added to file names in --labels.")
    private String suffix;

    @Option(names = "--valid-folder", paramLabel = "DIR", defaultValue = "", hidden = true,
            description = "Class folders for validation, in DATA or elsewhere (default: valid/, val/, validation/, or test/).")
    private String validFolder;

    @Option(names = "--leave-out", paramLabel = "NAME", split = ",", hidden = true,
            description = "Folders in DATA to ignore, such as test.")
    private List<String> leftOut = List.of();

    @Option(names = "--flat", hidden = true, description = "Treats every folder in DATA as a class, including train/ and test/.")
    private boolean flat;

    private void requireSense() {
        boolean ofTable = !(fileColumn + labelColumn + validColumn + suffix).isEmpty() || delimiter != null;
        if (labels == null && ofTable) {
            throw new Failure(delimiter != null
                    ? "--multi-label needs --labels CSV, because class folders give one label per image"
                    : "--file-column, --label-column, --valid-column and --suffix need --labels CSV; give that too");
        }
        if (labels != null && (flat || !leftOut.isEmpty() || !validFolder.isEmpty())) {
            throw new Failure("--flat, --leave-out and --valid-folder are for class folders; leave them out with --labels");
        }
    }

    /** Whether an image may show several classes. */
    boolean multiLabel() {
        return delimiter != null;
    }

    /** Requires that the listed images have as many labels each as a model predicts: one, or several. */
    void requireFit(ModelFile model, Path file) {
        if (model.labels().multiLabel() && !multiLabel()) {
            throw new Failure(file + ": is a model for images that may show several classes; give --labels CSV --multi-label");
        }
        if (!model.labels().multiLabel() && multiLabel()) {
            throw new Failure(file + ": is a model for images of one class each; leave --multi-label out");
        }
    }

    /**
     * The images in a folder, as the options list them.
     *
     * @throws Failure if options contradict each other
     */
    RunSettings.Source source(Path folder) {
        requireSense();
        Path root = folder.toAbsolutePath().normalize();
        CsvLabels columns = CsvLabels.standard().fileColumn(fileColumn).labelColumn(labelColumn).validColumn(validColumn)
                .delimiter(delimiter == null ? "" : delimiter).suffix(suffix);
        return new RunSettings.Source(root.toString(), labels == null ? null : labels.toAbsolutePath().normalize().toString(),
                delimiter, columns, layout(folder));
    }

    /**
     * The layout of the class folders.
     *
     * @param folder the data folder; {@code --valid-folder} is resolved against it if it is a folder there, otherwise against
     *     the working directory
     */
    private FolderLayout layout(Path folder) {
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
