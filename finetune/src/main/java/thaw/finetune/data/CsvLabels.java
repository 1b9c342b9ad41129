package thaw.finetune.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import thaw.finetune.images.ImageFormat;

/**
 * How a table says what images show: its first record names the columns, each further one is an image.
 *
 * <pre>
 * file,label,is_valid                    image_name,tags
 * cats/1.jpg,cat,false                   train_0,haze primary
 * dogs/1.jpg,dog,true                    train_1,agriculture clear primary water
 * </pre>
 *
 * {@code CsvLabels.standard().validColumn("is_valid")} reads the first, {@code
 * CsvLabels.standard().delimiter(" ").folder("train").suffix(".jpg")} the second.
 *
 * @param fileColumn  name of the column of files; empty for the first
 * @param labelColumn name of the column of labels; empty for the second
 * @param validColumn name of the column that says which images are for validation (true or false, 1 or 0); empty for none
 * @param delimiter   what stands between the labels of an image that may have several; empty for one label each
 * @param folder      of the files, from the table's own folder; empty for that itself
 * @param suffix      added to each name, such as {@code .jpg}
 */
public record CsvLabels(String fileColumn, String labelColumn, String validColumn, String delimiter, String folder,
        String suffix) {

    /** Files in the first column, a label in the second. */
    public static CsvLabels standard() {
        return new CsvLabels("", "", "", "", "", "");
    }

    public CsvLabels fileColumn(String name) {
        return new CsvLabels(name, labelColumn, validColumn, delimiter, folder, suffix);
    }

    public CsvLabels labelColumn(String name) {
        return new CsvLabels(fileColumn, name, validColumn, delimiter, folder, suffix);
    }

    public CsvLabels validColumn(String name) {
        return new CsvLabels(fileColumn, labelColumn, name, delimiter, folder, suffix);
    }

    public CsvLabels delimiter(String between) {
        return new CsvLabels(fileColumn, labelColumn, validColumn, between, folder, suffix);
    }

    public CsvLabels folder(String path) {
        return new CsvLabels(fileColumn, labelColumn, validColumn, delimiter, path, suffix);
    }

    public CsvLabels suffix(String ending) {
        return new CsvLabels(fileColumn, labelColumn, validColumn, delimiter, folder, ending);
    }

    /**
     * What a table lists.
     *
     * @param valid null where no column says what is for validation
     */
    record Lists(ImageList train, ImageList valid) {
    }

    /** A record of the table: the image, its labels, and whether it is for validation. */
    private record Row(Path file, List<String> labels, boolean valid) {
    }

    /** @throws ImageFolderException when the table is missing or malformed, or none of its files is there */
    Lists read(Path csv) {
        List<List<String>> records = Csv.read(csv);
        if (records.size() < 2) {
            throw new ImageFolderException(csv + ": has " + records.size() + " records; expected the columns' names, and then a "
                    + "record for each image");
        }
        List<String> header = records.get(0);
        int fileAt = column(csv, header, fileColumn, 0);
        int labelAt = column(csv, header, labelColumn, 1);
        int validAt = validColumn.isEmpty() ? -1 : column(csv, header, validColumn, -1);
        Path root = csv.resolveSibling(folder);
        Map<Path, Row> rows = new LinkedHashMap<>();
        int skipped = 0;
        for (int i = 1; i < records.size(); i++) {
            List<String> record = records.get(i);
            if (record.size() != header.size()) {
                throw new ImageFolderException(csv + ": record " + (i + 1) + " has " + record.size() + " fields, "
                        + header.size() + " columns are named: " + record);
            }
            Path file = root.resolve(record.get(fileAt) + suffix);
            String name = file.getFileName().toString();
            if (name.startsWith(".") || !ImageFormat.isImageName(name)) {
                skipped++;
                continue;
            }
            boolean valid = validAt >= 0 && flag(csv, i, record.get(validAt));
            Row row = new Row(file, labels(csv, i, record.get(labelAt)), valid);
            if (rows.putIfAbsent(file, row) != null) {
                throw new ImageFolderException(csv + ": record " + (i + 1) + " has the file '" + record.get(fileAt)
                        + "' once more; expected one record for each file" + (delimiter.isEmpty()
                        ? "; for several labels of an image give a delimiter" : ""));
            }
        }
        return lists(csv, root, List.copyOf(rows.values()), skipped, validAt >= 0);
    }

    private Lists lists(Path csv, Path root, List<Row> rows, int skipped, boolean hasValid) {
        if (rows.stream().noneMatch(row -> Files.exists(row.file))) {
            throw new ImageFolderException(csv + ": none of its " + rows.size() + " images is there"
                    + (rows.isEmpty() ? ", and " + skipped + " files are no images by their endings; a suffix may be missing"
                    : ", the first is sought at " + rows.get(0).file + "; give the folder of the files, or a suffix"));
        }
        Set<String> names = new TreeSet<>(CodePoints.ORDER);
        rows.forEach(row -> names.addAll(row.labels));
        LabelSet labels = new LabelSet(List.copyOf(names), !delimiter.isEmpty());
        ImageList train = new ImageList(root, labels, samples(rows, labels, false), skipped);
        return new Lists(train, hasValid ? new ImageList(root, labels, samples(rows, labels, true), 0) : null);
    }

    private static List<Sample> samples(List<Row> rows, LabelSet labels, boolean valid) {
        List<Sample> samples = new ArrayList<>();
        for (Row row : rows) {
            if (row.valid == valid) {
                samples.add(new Sample(row.file, row.labels.stream().map(labels.classes()::indexOf).toList()));
            }
        }
        return samples;
    }

    private static int column(Path csv, List<String> header, String name, int otherwise) {
        int at = name.isEmpty() ? otherwise : header.indexOf(name);
        if (at < 0 || at >= header.size()) {
            throw new ImageFolderException(csv + ": has no " + (name.isEmpty() ? "column " + (otherwise + 1)
                    : "column '" + name + "'") + "; its first record names " + header);
        }
        return at;
    }

    private List<String> labels(Path csv, int record, String text) {
        if (delimiter.isEmpty()) {
            if (text.isBlank()) {
                throw new ImageFolderException(csv + ": record " + (record + 1) + " has no label; expected one, or give a "
                        + "delimiter if images may show several classes or none");
            }
            return List.of(text.strip());
        }
        Set<String> labels = new LinkedHashSet<>();
        Arrays.stream(text.split(Pattern.quote(delimiter))).map(String::strip).filter(label -> !label.isEmpty())
                .forEach(labels::add);
        return List.copyOf(labels);
    }

    private boolean flag(Path csv, int record, String text) {
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "true", "1" -> true;
            case "false", "0", "" -> false;
            default -> throw new ImageFolderException(csv + ": record " + (record + 1) + " has '" + text + "' as '" + validColumn
                    + "'; expected true or false, 1 or 0");
        };
    }
}
