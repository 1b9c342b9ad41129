package thaw.kernels.opencl;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jocl.CL;

/**
 * Loads JOCL's first class, which is the step that fails without OpenCL. JOCL unpacks its own native library into
 * {@code java.io.tmpdir} and binds it to the system's OpenCL library; either may be missing, and then Java throws a
 * {@link LinkageError}: an {@link UnsatisfiedLinkError} the first time, a {@link NoClassDefFoundError} from then on.
 */
final class JoclLibrary {

    /** The loader's message for an unusable file: {@code "…/libJOCL….so: …/libJOCL….so: file too short"}. */
    private static final Pattern BAD_FILE = Pattern.compile("UnsatisfiedLinkError: (\\S*JOCL\\S+): (.*)");

    private JoclLibrary() {
    }

    /**
     * Loads JOCL, or does nothing if it is loaded.
     *
     * @throws OpenClException if JOCL's native library or the system's OpenCL library is missing
     */
    static void require() {
        if (!SystemLibrary.isPresent()) {
            throw new OpenClException(noLibrary());
        }
        try {
            CL.setExceptionsEnabled(true);
        } catch (LinkageError failure) {
            throw new OpenClException(message(failure, System.getProperty("os.name"), System.getProperty("os.arch"),
                    Path.of(System.getProperty("java.io.tmpdir"))), failure);
        }
    }

    /** A message that names the missing part, derived from the messages of a failure and its causes. */
    static String message(Throwable failure, String os, String architecture, Path temporary) {
        StringBuilder all = new StringBuilder();
        for (Throwable t = failure; t != null; t = t.getCause()) {
            all.append(t).append('\n');
        }
        if (!hasNative(os, architecture)) {
            return "OpenCL: JOCL has no native library for " + os + " on " + architecture + "; it has them for Linux and macOS"
                    + " on x86-64 and arm64, and for Windows on x86-64; compute on the CPU instead";
        }
        if (!Files.isWritable(temporary)) {
            return "OpenCL: JOCL cannot unpack its native library into " + temporary
                    + "; set a writable folder with -Djava.io.tmpdir=…, or compute on the CPU";
        }
        Matcher bad = BAD_FILE.matcher(all);
        if (bad.find()) {
            return "OpenCL: JOCL cannot load its native library " + bad.group(1) + " (" + bad.group(2).strip()
                    + "); delete that file, or set another folder with -Djava.io.tmpdir=…";
        }
        return noLibrary();
    }

    private static String noLibrary() {
        return "OpenCL: no OpenCL library found; install the graphics card's driver (on Debian and Ubuntu also"
                + " ocl-icd-libopencl1), or compute on the CPU";
    }

    private static boolean hasNative(String os, String architecture) {
        String system = os.toLowerCase(Locale.ROOT);
        boolean x86 = architecture.equals("amd64") || architecture.equals("x86_64");
        boolean arm = architecture.equals("aarch64") || architecture.equals("arm64");
        return system.startsWith("windows") ? x86 : (system.startsWith("linux") || system.startsWith("mac")) && (x86 || arm);
    }
}
