package thaw.finetune.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import thaw.engine.io.AtomicFile;

/** A self-contained HTML page, without scripts, for desktop and mobile browsers. */
public interface Page {

    /** The page as HTML. */
    String html();

    /**
     * Writes the page as UTF-8; an existing file is replaced atomically.
     *
     * @throws IOException if writing fails
     */
    default void write(Path file) throws IOException {
        AtomicFile.write(file, html().getBytes(StandardCharsets.UTF_8));
    }
}
