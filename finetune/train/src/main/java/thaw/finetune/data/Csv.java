package thaw.finetune.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import thaw.engine.io.AtomicFile;

/**
 * Comma-separated values by RFC 4180: fields with commas, quotes or line breaks are in double quotes, and a quote within is
 * doubled. The encoding is UTF-8; a byte order mark is skipped, and lines may end in CR LF or LF.
 */
public final class Csv {
    private static final char[] SEPARATORS = {',', ';', '\t'};

    private Csv() {
    }

    /**
     * The records of a file; empty lines are skipped.
     *
     * @throws ImageFolderException if the file is missing, is not text in UTF-8, or a quote is never closed
     */
    public static List<List<String>> read(Path file) {
        return parse(text(file), file.toString());
    }

    /**
     * The records of a file. The separator is the first of comma, semicolon and tab with which all records have the same number
     * of fields, at least two; otherwise the comma.
     *
     * @throws ImageFolderException under the conditions of {@link #read}
     */
    static List<List<String>> readTable(Path file) {
        return table(text(file), file.toString());
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (CharacterCodingException binary) {
            throw new ImageFolderException(file + ": is not text in UTF-8; save the table as CSV in UTF-8", binary);
        } catch (IOException unreadable) {
            throw new ImageFolderException(file + ": cannot be read: " + (Files.exists(file) ? unreadable.getMessage()
                    : "no such file"), unreadable);
        } catch (UncheckedIOException unreadable) {
            throw new ImageFolderException(file + ": cannot be read: " + unreadable.getMessage(), unreadable);
        }
    }

    static List<List<String>> parse(String text, String name) {
        return parse(text, name, ',');
    }

    static List<List<String>> table(String text, String name) {
        for (char separator : SEPARATORS) {
            try {
                List<List<String>> records = parse(text, name, separator);
                if (isTable(records)) {
                    return records;
                }
            } catch (ImageFolderException unclosed) {
                // Quotes may be closed with another separator; the comma's error is thrown below.
            }
        }
        return parse(text, name);
    }

    private static boolean isTable(List<List<String>> records) {
        int fields = records.isEmpty() ? 0 : records.get(0).size();
        return fields > 1 && records.stream().allMatch(record -> record.size() == fields);
    }

    private static List<List<String>> parse(String text, String name, char separator) {
        List<List<String>> records = new ArrayList<>();
        List<String> record = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        boolean begun = false;
        for (int i = text.startsWith("\ufeff") ? 1 : 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted) {
                boolean doubled = c == '"' && i + 1 < text.length() && text.charAt(i + 1) == '"';
                quoted = c != '"' || doubled;
                if (quoted) {
                    field.append(c);
                }
                i += doubled ? 1 : 0;
            } else if (c == '"' && field.isEmpty()) {
                quoted = true;
                begun = true;
            } else if (c == separator) {
                record.add(take(field));
                begun = true;
            } else if (c == '\n') {
                end(records, record, field, begun);
                record = new ArrayList<>();
                begun = false;
            } else if (c != '\r' || i + 1 < text.length() && text.charAt(i + 1) != '\n') {
                field.append(c);
                begun = true;
            }
        }
        if (quoted) {
            throw new ImageFolderException(name + ": record " + (records.size() + 1) + " has a quote that is never closed; "
                    + "a quote within a quoted field is doubled");
        }
        end(records, record, field, begun);
        return List.copyOf(records);
    }

    private static void end(List<List<String>> records, List<String> record, StringBuilder field, boolean begun) {
        if (begun) {
            record.add(take(field));
            records.add(List.copyOf(record));
        }
    }

    private static String take(StringBuilder field) {
        String text = field.toString();
        field.setLength(0);
        return text;
    }

    /**
     * Writes records as UTF-8; an existing file is replaced atomically.
     *
     * @throws IOException if writing fails
     */
    public static void write(Path file, List<List<String>> records) throws IOException {
        AtomicFile.write(file, records.stream().map(Csv::line).collect(Collectors.joining()).getBytes(StandardCharsets.UTF_8));
    }

    /** A record as text, ending in CR LF. */
    static String line(List<String> fields) {
        return fields.stream().map(Csv::field).collect(Collectors.joining(",", "", "\r\n"));
    }

    private static String field(String text) {
        boolean plain = text.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
    }
}
