package thaw.finetune.images;

import java.io.IOException;
import java.io.UncheckedIOException;

/** A file that cannot be read as an image; the message names the file, the fault, and what was expected. */
public final class ImageReadException extends UncheckedIOException {
    private static final long serialVersionUID = 1L;

    /** An exception without another cause: the fault is the image's. */
    public ImageReadException(String message) {
        this(message, new IOException(message));
    }

    ImageReadException(String message, IOException cause) {
        super(message, cause);
    }
}
