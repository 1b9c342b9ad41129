package thaw.kernels;

import org.jspecify.annotations.Nullable;

/** A device cannot be used, or failed; the message is one line that says what to install, choose or change. */
public class DeviceException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param cause null if there is none */
    public DeviceException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
