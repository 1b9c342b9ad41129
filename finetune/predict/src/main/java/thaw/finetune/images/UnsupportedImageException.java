package thaw.finetune.images;

import java.io.IOException;

/** An intact file that uses an unsupported part of its format or exceeds a limit; the message names it, and the remedy. */
final class UnsupportedImageException extends IOException {
    private static final long serialVersionUID = 1L;

    UnsupportedImageException(String message) {
        super(message);
    }
}
