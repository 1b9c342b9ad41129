package thaw.finetune.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The columns of a table's files, labels and parts of the data set; columns without a given name are detected by their names and
 * contents.
 *
 * @param header  the columns' names; empty if the first record is an image's
 * @param validAt the column of the parts; -1 for none
 */
record TableColumns(List<String> header, int fileAt, int labelAt, int validAt) {
    /** The name that stands for no column. */
    static final String NONE = "-";
    private static final int LOOKED_AT = 100;
    private static final Set<String> FILE = Set.of("file", "files", "filename", "filenames", "filepath", "filepaths", "image",
            "images", "imagename", "imagepath", "imagefile", "imageid", "img", "imgname", "imgpath", "path", "paths", "photo",
            "picture", "id");
    private static final Set<String> LABEL = Set.of("label", "labels", "class", "classes", "classname", "classlabel", "target",
            "category", "tag", "tags");
    private static final Set<String> FLAG = Set.of("isvalid", "isval", "isvalidation");
    private static final Set<String> PART = Set.of("split", "subset", "partition", "set", "dataset", "part");

    static TableColumns of(CsvLabels wanted, Path csv, List<List<String>> records, TableFiles files) {
        List<String> first = records.isEmpty() ? List.of() : records.get(0);
        boolean named = !(wanted.fileColumn() + wanted.labelColumn() + wanted.validColumn().replace(NONE, "")).isEmpty();
        if (!named && isImage(first, files)) {
            return withoutHeader(csv, first, files);
        }
        if (records.size() < 2) {
            throw new ImageFolderException(csv + ": has " + records.size() + " records; expected the columns' names, followed by "
                    + "a record for each image");
        }
        List<String> header = first.stream().map(String::strip).toList();
        List<List<String>> some = records.subList(1, Math.min(records.size(), 1 + LOOKED_AT)).stream()
                .filter(record -> record.size() == header.size()).toList();
        int fileAt = wanted.fileColumn().isEmpty() ? fileColumn(header, some, files) : column(csv, header, wanted.fileColumn());
        int validAt = switch (wanted.validColumn()) {
            case NONE -> -1;
            case "" -> validColumn(header, records);
            default -> column(csv, header, wanted.validColumn());
        };
        int labelAt = wanted.labelColumn().isEmpty() ? labelColumn(csv, header, fileAt, validAt)
                : column(csv, header, wanted.labelColumn());
        return new TableColumns(header, fileAt, labelAt, validAt);
    }

    /** Whether the first record is an image's: a field names an image, or an existing one without its extension. */
    private static boolean isImage(List<String> first, TableFiles files) {
        boolean known = first.stream().anyMatch(name -> isOne(FILE, name) || isOne(LABEL, name));
        return first.stream().anyMatch(files::hasEnding) || !known && first.stream().anyMatch(files::isThereWithEnding);
    }

    private static TableColumns withoutHeader(Path csv, List<String> first, TableFiles files) {
        if (first.size() != 2) {
            throw new ImageFolderException(csv + ": names no columns, its first record is " + first + "; expected two, file and"
                    + " label, or a first line that names them, such as file,label,is_valid");
        }
        int fileAt = files.hasEnding(first.get(0)) || !files.hasEnding(first.get(1)) && files.isThereWithEnding(first.get(0))
                ? 0 : 1;
        return new TableColumns(List.of(), fileAt, 1 - fileAt, -1);
    }

    private static int fileColumn(List<String> header, List<List<String>> some, TableFiles files) {
        List<Integer> byName = new ArrayList<>(IntStream.range(0, header.size()).boxed().toList());
        byName.removeIf(at -> isIndex(header.get(at)));
        byName.addAll(IntStream.range(0, header.size()).filter(at -> isIndex(header.get(at))).boxed().toList());
        for (int at : byName) {
            if (some.stream().anyMatch(record -> files.isThere(record.get(at)))) {
                return at;
            }
        }
        Optional<Integer> known = byName.stream().filter(at -> isOne(FILE, header.get(at))).findFirst();
        return known.orElseGet(() -> byName.stream()
                .filter(at -> some.stream().anyMatch(record -> files.isThereWithEnding(record.get(at)))).findFirst().orElse(0));
    }

    /** The column with a usual name of labels, otherwise the one after the files', or before it if that is the last. */
    private static int labelColumn(Path csv, List<String> header, int fileAt, int validAt) {
        List<Integer> others = IntStream.range(0, header.size())
                .filter(at -> at != fileAt && at != validAt && !isIndex(header.get(at))).boxed().toList();
        if (others.isEmpty()) {
            throw new ImageFolderException(csv + ": has no column of labels beside the files'; its first record names " + header);
        }
        return others.stream().filter(at -> isOne(LABEL, header.get(at))).findFirst()
                .or(() -> others.stream().filter(at -> at > fileAt).findFirst()).orElse(others.get(others.size() - 1));
    }

    /** The first column named like a flag, or named like a part and with at least one part's name as value; -1 for none. */
    private static int validColumn(List<String> header, List<List<String>> records) {
        for (int at = 0; at < header.size(); at++) {
            int column = at;
            boolean isFlag = isOne(FLAG, header.get(at));
            if (isFlag || isOne(PART, header.get(at)) && records.subList(1, records.size()).stream()
                    .anyMatch(record -> record.size() > column && Part.named(record.get(column)).isPresent())) {
                return at;
            }
        }
        return -1;
    }

    private static int column(Path csv, List<String> header, String name) {
        int at = header.indexOf(name);
        if (at < 0) {
            throw new ImageFolderException(csv + ": has no column '" + name + "'; its first record names " + header);
        }
        return at;
    }

    /** Whether a name is pandas' of a table's index: empty when written, {@code Unnamed: 0} when read and written again. */
    private static boolean isIndex(String name) {
        return name.isEmpty() || name.matches("Unnamed: \\d+");
    }

    private static boolean isOne(Set<String> names, String name) {
        return names.contains(name.strip().toLowerCase(Locale.ROOT).replaceAll("[-_ ]", ""));
    }

    boolean hasHeader() {
        return !header.isEmpty();
    }

    /** A description of the columns, for the summary. */
    String remark() {
        return !hasHeader() ? "no column names: files in column " + (fileAt + 1) + ", labels in column " + (labelAt + 1)
                : "files in column '" + header.get(fileAt) + "', labels in '" + header.get(labelAt) + "'"
                        + (validAt < 0 ? "" : ", validation by '" + header.get(validAt) + "'");
    }
}
