package thaw.finetune.data;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Set;

/** Names of files and folders as text. */
public final class FileNames {
    private static final char REPLACEMENT = '\ufffd';
    private static final Charset ENCODING = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
    /** What file managers, archivers, servers and Python leave beside a user's files. */
    private static final Set<String> SYSTEM_FOLDERS = Set.of("__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN",
            "System Volume Information", "lost+found", "__pycache__");

    private FileNames() {
    }

    /** The last name of a path, empty for a root. */
    static String of(Path path) {
        return path.getFileName() == null ? "" : path.getFileName().toString();
    }

    static boolean isHidden(Path path) {
        return of(path).startsWith(".") || SYSTEM_FOLDERS.contains(of(path));
    }

    /** The same for a text with composed and with combining characters (NFC and NFD), which differ by file system. */
    static String normalized(String text) {
        return isAscii(text) ? text : Normalizer.normalize(text, Normalizer.Form.NFC);
    }

    static boolean isAscii(String text) {
        return text.chars().allMatch(c -> c < 0x80);
    }

    /**
     * For a name that stands for more than its file, such as a class's.
     *
     * @throws ImageFolderException if Java had to replace characters of it, or reads them in another encoding than UTF-8
     */
    static void requireText(Path path) {
        String name = of(path);
        if (!survives(path) || isForeign(name)) {
            throw new ImageFolderException(path + ": the folder's name becomes a class's, and " + remedy(name));
        }
    }

    private static boolean survives(Path path) {
        try {
            return of(path).indexOf(REPLACEMENT) < 0 || Path.of(path.toString()).equals(path);
        } catch (InvalidPathException replaced) {
            return false;
        }
    }

    /** Windows has names in Unicode; elsewhere they are bytes, which Java takes for text in the locale's encoding. */
    private static boolean isForeign(String name) {
        return !isUnicode() && !isAscii(name);
    }

    private static boolean isUnicode() {
        return ENCODING.equals(StandardCharsets.UTF_8) || FileSystems.getDefault().getSeparator().equals("\\");
    }

    /** What is wrong with a name that Java cannot have as it is, and what to do. */
    public static String remedy(String name) {
        return isUnicode() ? "'" + name + "' is not text in UTF-8; rename it"
                : "Java takes file names for " + ENCODING + " here, which '" + name + "' is not in; start Java with the environment"
                        + " variable LC_ALL=C.UTF-8 (./thaw does so by itself)";
    }

    /** Whether Java has lost characters of a text from the command line because the locale's encoding is not the text's. */
    public static boolean isDamaged(String text) {
        return !isUnicode() && text.indexOf(REPLACEMENT) >= 0;
    }
}
