package thaw.kernels.opencl;

import org.jocl.CL;
import org.jocl.CLException;
import thaw.kernels.DeviceException;

/** OpenCL cannot be used, or failed; the message is one line that says what to install, choose or change. */
public final class OpenClException extends DeviceException {

    private static final long serialVersionUID = 1L;

    OpenClException(String message) {
        super(message, null);
    }

    OpenClException(String message, Throwable cause) {
        super(message, cause);
    }

    /** The exception for a failed call, with the name of its error code: {@code "enqueueing conv2d: CL_OUT_OF_RESOURCES"}. */
    static OpenClException of(String call, CLException failure) {
        return new OpenClException("OpenCL: " + call + " failed with " + code(failure), failure);
    }

    static String code(CLException failure) {
        return CL.stringFor_errorCode(failure.getStatus());
    }
}
