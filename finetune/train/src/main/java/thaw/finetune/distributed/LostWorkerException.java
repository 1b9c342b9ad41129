package thaw.finetune.distributed;

import java.io.IOException;
import java.io.UncheckedIOException;

/** The connection to another worker broke, or that worker sent another kind of message than expected; the message names it. */
public final class LostWorkerException extends UncheckedIOException {
    private static final long serialVersionUID = 1;

    /** @param message names the worker */
    public LostWorkerException(String message, IOException cause) {
        super(message, cause);
    }
}
