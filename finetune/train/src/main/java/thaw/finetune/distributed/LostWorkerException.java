package thaw.finetune.distributed;

import java.io.IOException;
import java.io.UncheckedIOException;

/** Another worker is gone, or does not do the same; the message says which, and how that shows. */
public final class LostWorkerException extends UncheckedIOException {
    private static final long serialVersionUID = 1;

    /** @param message names the worker */
    public LostWorkerException(String message, IOException cause) {
        super(message, cause);
    }
}
