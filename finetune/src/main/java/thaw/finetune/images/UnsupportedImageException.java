package thaw.finetune.images;

import java.io.IOException;

/** A sound file that uses a part of its format which is not read; the message says which, and what to save instead. */
final class UnsupportedImageException extends IOException {
    private static final long serialVersionUID = 1L;

    UnsupportedImageException(String message) {
        super(message);
    }
}
