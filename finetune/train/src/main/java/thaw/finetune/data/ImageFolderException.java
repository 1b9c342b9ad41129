package thaw.finetune.data;

/** An invalid data set in a folder or table; the message names it, what was found, and what was expected. */
public final class ImageFolderException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    ImageFolderException(String message) {
        super(message);
    }

    ImageFolderException(String message, Throwable cause) {
        super(message, cause);
    }
}
