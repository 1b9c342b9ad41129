package thaw.finetune.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import thaw.finetune.predict.LabelSet;

/**
 * The columns of a table of images and labels: its first record names the columns, each further record is an image.
 *
 * <pre>
 * file,label,is_valid                    image_name,tags
 * cats/1.jpg,cat,false                   train_0,haze primary
 * dogs/1.jpg,dog,true                    train_1,agriculture clear primary water
 * </pre>
 *
 * {@code CsvLabels.standard()} reads the first, {@code CsvLabels.standard().delimiter(" ").folder("train")} the second.
 *
 * <p>Columns without a given name are detected: files are in the first column that names an existing file, labels in one with a
 * usual name or else in the next one, and the validation split in {@code is_valid}, {@code split} or the like, with values true
 * and false, 1 and 0, or train, valid and test. A table of two columns may lack the first record.
 *
 * @param fileColumn  name of the column of files; empty to detect it
 * @param labelColumn name of the column of labels; empty to detect it
 * @param validColumn name of the column of the validation split; empty to detect it, {@code -} for none
 * @param delimiter   separator of an image's labels; empty for one label per image
 * @param folder      folder of the files, relative to the table's; empty for the table's
 * @param suffix      appended to each name, such as {@code .jpg}; empty if names have extensions, or determine the image without
 */
public record CsvLabels(String fileColumn, String labelColumn, String validColumn, String delimiter, String folder,
        String suffix) {
    private static final String REMEDY = "; give the folder of the files, a suffix (--suffix .jpg) or the column of files"
            + " (--file-column NAME)";

    /** One label per image, detected columns, and files in the table's folder. */
    public static CsvLabels standard() {
        return new CsvLabels("", "", "", "", "", "");
    }

    /** Sets the name of the column of files; empty to detect it. */
    public CsvLabels fileColumn(String name) {
        return new CsvLabels(name, labelColumn, validColumn, delimiter, folder, suffix);
    }

    /** Sets the name of the column of labels; empty to detect it. */
    public CsvLabels labelColumn(String name) {
        return new CsvLabels(fileColumn, name, validColumn, delimiter, folder, suffix);
    }

    /** Sets the name of the column that selects validation images; empty to detect it. */
    public CsvLabels validColumn(String name) {
        return new CsvLabels(fileColumn, labelColumn, name, delimiter, folder, suffix);
    }

    /** Sets the text between the labels of one image, for multi-label tables; empty for one label an image. */
    public CsvLabels delimiter(String between) {
        return new CsvLabels(fileColumn, labelColumn, validColumn, between, folder, suffix);
    }

    /** Sets the folder of the files, relative to the table's. */
    public CsvLabels folder(String path) {
        return new CsvLabels(fileColumn, labelColumn, validColumn, delimiter, path, suffix);
    }

    /** Sets the ending that is appended to the names in the table, such as {@code .jpg}. */
    public CsvLabels suffix(String ending) {
        return new CsvLabels(fileColumn, labelColumn, validColumn, delimiter, folder, ending);
    }

    /** A record of the table: the image, its labels, and its part of the data set. */
    private record Row(Path file, List<String> labels, Part part) {
    }

    /** @throws ImageFolderException if the table is missing or malformed, or none of its files exists */
    Listing read(Path csv) {
        List<List<String>> records = Csv.readTable(csv);
        Path root = csv.resolveSibling(folder);
        TableFiles files = new TableFiles(csv, root, suffix);
        TableColumns columns = TableColumns.of(this, csv, records, files);
        int fields = records.get(0).size();
        Map<String, Row> rows = new LinkedHashMap<>();
        Map<String, Integer> skipped = new TreeMap<>();
        for (int i = columns.hasHeader() ? 1 : 0; i < records.size(); i++) {
            List<String> record = records.get(i);
            if (record.size() != fields) {
                throw new ImageFolderException(csv + ": record " + (i + 1) + " has " + record.size() + " fields, "
                        + fields + (columns.hasHeader() ? " columns are named: " : " has the first: ") + record);
            }
            String name = record.get(columns.fileAt());
            Path file = files.resolve(i + 1, name);
            if (!ImageFiles.isImage(file) && FileNames.of(file).contains(".")) {
                skipped.merge(ImageFiles.ending(FileNames.of(file)), 1, Integer::sum);
                continue;
            }
            Part part = columns.validAt() < 0 ? Part.TRAIN : part(csv, i, columns, record.get(columns.validAt()));
            Row row = new Row(file, labels(csv, i, record.get(columns.labelAt())), part);
            if (rows.putIfAbsent(FileNames.normalized(file.normalize().toString()), row) != null) {
                throw new ImageFolderException(csv + ": record " + (i + 1) + " has the file '" + name
                        + "' once more; expected one record per file" + (delimiter.isEmpty() ? "; put several labels of an"
                                + " image into one field, separated by a delimiter (--multi-label)" : ""));
            }
        }
        return listing(csv, root, columns, List.copyOf(rows.values()), skipped);
    }

    private Listing listing(Path csv, Path root, TableColumns columns, List<Row> rows, Map<String, Integer> skipped) {
        if (rows.isEmpty()) {
            throw new ImageFolderException(csv + ": none of its files has an image's extension, they end in "
                    + String.join(", ", skipped.keySet()) + REMEDY);
        }
        if (rows.stream().noneMatch(row -> Files.exists(row.file))) {
            throw new ImageFolderException(csv + ": none of its " + rows.size() + " images exists, the first is expected at "
                    + rows.get(0).file + REMEDY);
        }
        Parts parts = parts(csv, columns, rows);
        Map<String, String> names = new HashMap<>();
        Stream.of(parts.train, parts.valid).flatMap(List::stream)
                .forEach(row -> row.labels.forEach(label -> names.putIfAbsent(FileNames.normalized(label), label)));
        LabelSet labels = new LabelSet(names.values().stream().sorted(FileNames.BY_CODE_POINTS).toList(), !delimiter.isEmpty());
        Map<String, Integer> numbers = FileNames.numbers(labels.classes());
        ImageList train = new ImageList(FileNames.of(csv), root, labels, samples(parts.train, numbers), skipped, List.of());
        ImageList valid = parts.valid.isEmpty() ? null
                : new ImageList("", root, labels, samples(parts.valid, numbers), Map.of(), List.of());
        List<String> remarks = parts.remark.isEmpty() ? List.of(columns.remark()) : List.of(columns.remark(), parts.remark);
        return new Listing(train, valid, List.of(), remarks);
    }

    /**
     * The rows by part of the data set.
     *
     * @param valid empty if no column splits them
     */
    private record Parts(List<Row> train, List<Row> valid, String remark) {
    }

    /** Splits the rows; test rows serve for validation if there are no others, and are unused otherwise. */
    private Parts parts(Path csv, TableColumns columns, List<Row> rows) {
        List<Row> train = of(rows, Part.TRAIN);
        List<Row> valid = of(rows, Part.VALID);
        List<Row> test = of(rows, Part.TEST);
        if (!train.isEmpty() && !(valid.isEmpty() && test.isEmpty())) {
            return valid.isEmpty() ? new Parts(train, test, "")
                    : new Parts(train, valid, test.isEmpty() ? "" : test.size() + " for testing not used");
        }
        if (columns.validAt() < 0) {
            return new Parts(rows, List.of(), "");
        }
        String all = "'" + columns.header().get(columns.validAt()) + "' has all images " + (train.isEmpty() ? "for validation"
                : "for training");
        if (!validColumn.isEmpty()) {
            throw new ImageFolderException(csv + ": " + all + "; give another column (--valid-column NAME), or hold out a"
                    + " share (--valid-column " + TableColumns.NONE + ")");
        }
        return new Parts(rows, List.of(), all);
    }

    private static List<Row> of(List<Row> rows, Part part) {
        return rows.stream().filter(row -> row.part == part).toList();
    }

    private static List<Sample> samples(List<Row> rows, Map<String, Integer> numbers) {
        return rows.stream().map(row -> new Sample(row.file,
                row.labels.stream().map(label -> numbers.get(FileNames.normalized(label))).toList())).toList();
    }

    private List<String> labels(Path csv, int record, String text) {
        if (delimiter.isEmpty()) {
            if (text.isBlank()) {
                throw new ImageFolderException(csv + ": record " + (record + 1) + " has no label; expected one, or give a "
                        + "delimiter if images may show several classes or none (--multi-label)");
            }
            return List.of(text.strip());
        }
        Map<String, String> labels = new LinkedHashMap<>();
        Arrays.stream(text.split(Pattern.quote(delimiter))).map(String::strip).filter(label -> !label.isEmpty())
                .forEach(label -> labels.putIfAbsent(FileNames.normalized(label), label));
        return List.copyOf(labels.values());
    }

    private static Part part(Path csv, int record, TableColumns columns, String text) {
        return Part.named(text).orElseGet(() -> switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "true", "t", "yes", "y", "1", "1.0" -> Part.VALID;
            case "false", "f", "no", "n", "0", "0.0", "" -> Part.TRAIN;
            default -> throw new ImageFolderException(csv + ": record " + (record + 1) + " has '" + text + "' as '"
                    + columns.header().get(columns.validAt()) + "'; expected true or false, 1 or 0, train, valid or test; or give"
                    + " another column (--valid-column NAME), or none (--valid-column " + TableColumns.NONE + ")");
        });
    }
}
