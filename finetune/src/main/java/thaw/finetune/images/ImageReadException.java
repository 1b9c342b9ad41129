package thaw.finetune.images;

import java.io.IOException;
import java.io.UncheckedIOException;

/** A file that could not be read as an image; the message names the file and what was expected of it. */
public final class ImageReadException extends UncheckedIOException {
    private static final long serialVersionUID = 1L;

    /** A fault of the image itself, with nothing beneath it. */
    public ImageReadException(String message) {
        this(message, new IOException(message));
    }

    ImageReadException(String message, IOException cause) {
        super(message, cause);
    }
}
