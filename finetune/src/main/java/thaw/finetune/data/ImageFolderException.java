package thaw.finetune.data;

/** A folder that is not laid out as a data set; the message names the folder, what was found and what was expected. */
public final class ImageFolderException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    ImageFolderException(String message) {
        super(message);
    }

    ImageFolderException(String message, Throwable cause) {
        super(message, cause);
    }
}
