package thaw.finetune.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Names of files and folders as text: encoding, Unicode normalisation, hidden names. */
public final class FileNames {
    private static final char REPLACEMENT = '\ufffd';
    private static final Charset ENCODING = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
    /** Folders that file managers, archivers, servers and Python create beside a user's files. */
    private static final Set<String> SYSTEM_FOLDERS = Set.of("__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN",
            "System Volume Information", "lost+found", "__pycache__");

    /**
     * The order of Python's sorted strings: by code points, which is also the order of UTF-8 bytes. {@code String.compareTo} compares
     * UTF-16 units, and so puts an emoji before a character of the private use area.
     */
    static final Comparator<String> BY_CODE_POINTS = (a, b) -> Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8),
            b.getBytes(StandardCharsets.UTF_8));

    private FileNames() {
    }

    /** The last name of a path; empty for a root. */
    static String of(Path path) {
        return path.getFileName() == null ? "" : path.getFileName().toString();
    }

    static boolean isHidden(Path path) {
        return of(path).startsWith(".") || SYSTEM_FOLDERS.contains(of(path));
    }

    /** A text in NFC; file systems differ in whether they store composed (NFC) or combining characters (NFD). */
    static String normalized(String text) {
        return isAscii(text) ? text : Normalizer.normalize(text, Normalizer.Form.NFC);
    }

    /** The indices of classes by normalised name: a model may have been trained on another file system. */
    static Map<String, Integer> numbers(List<String> classes) {
        Map<String, Integer> numbers = new HashMap<>();
        for (int i = 0; i < classes.size(); i++) {
            numbers.put(normalized(classes.get(i)), i);
        }
        return numbers;
    }

    static boolean isAscii(String text) {
        return text.chars().allMatch(c -> c < 0x80);
    }

    /**
     * Checks a name that is more than a file's, such as a class's.
     *
     * @throws ImageFolderException if Java replaced characters of it, or decodes it by an encoding other than UTF-8
     */
    static void requireText(Path path) {
        String name = of(path);
        if (!survives(path) || isForeign(name)) {
            throw new ImageFolderException(path + ": the folder's name is a class's, and " + remedy(name));
        }
    }

    private static boolean survives(Path path) {
        try {
            return of(path).indexOf(REPLACEMENT) < 0 || Path.of(path.toString()).equals(path);
        } catch (InvalidPathException replaced) {
            return false;
        }
    }

    /** Whether a non-ASCII name may be decoded wrongly: outside Windows, Java decodes names by the locale's encoding. */
    private static boolean isForeign(String name) {
        return !isUnicode() && !isAscii(name);
    }

    private static boolean isUnicode() {
        return ENCODING.equals(StandardCharsets.UTF_8) || FileSystems.getDefault().getSeparator().equals("\\");
    }

    /** The message for a name that Java cannot represent: the fault and the remedy. */
    public static String remedy(String name) {
        return isUnicode() ? "'" + name + "' is not text in UTF-8; rename it"
                : "Java decodes file names as " + ENCODING + " here, which '" + name + "' is not; start Java with the environment"
                        + " variable LC_ALL=C.UTF-8 (./thaw sets it)";
    }

    /**
     * The existing file that a command-line argument names, though the locale has another encoding: the one whose name, listed in its
     * folder with all its bytes, has lost the same characters. Empty if there is none, or several.
     */
    public static Optional<Path> listed(String argument) {
        Path found = Path.of(argument.startsWith("/") ? "/" : "");
        for (String name : argument.split("/")) {
            if (!isDamaged(name)) {
                found = found.resolve(name);
                continue;
            }
            try (Stream<Path> entries = Files.list(found)) {
                List<Path> alike = entries.filter(entry -> of(entry).equals(name)).toList();
                if (alike.size() != 1) {
                    return Optional.empty();
                }
                found = alike.get(0);
            } catch (IOException | UncheckedIOException unlisted) {
                return Optional.empty();
            }
        }
        return Optional.of(found);
    }

    /** Whether Java has lost characters of a command-line argument because the locale has another encoding. */
    public static boolean isDamaged(String text) {
        return !isUnicode() && text.indexOf(REPLACEMENT) >= 0;
    }
}
