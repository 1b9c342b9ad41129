package thaw.kernels.opencl;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.Pointer;
import org.jocl.cl_kernel;
import org.jocl.cl_program;

/**
 * The kernels of one device. A {@code .cl} file is compiled when one of its kernels is first requested, once for each set
 * of parameters, which the compiler gets as {@code -D NAME=value}; then it is kept. Thread-safe.
 */
final class Programs implements AutoCloseable {

    /** {@code #include "tree.cl"}: replaced here, because compilers cannot read files inside a jar. */
    private static final Pattern INCLUDE = Pattern.compile("(?m)^#include \"([^\"]+)\"$");

    private record ProgramKey(String file, Map<String, Object> parameters) {
    }

    private record KernelKey(ProgramKey program, String name) {
    }

    private final DeviceQueue queue;
    private final Map<ProgramKey, cl_program> programs = new HashMap<>();
    private final Map<KernelKey, CompiledKernel> kernels = new HashMap<>();

    Programs(DeviceQueue queue) {
        this.queue = queue;
    }

    /** A run of a kernel without parameters; see {@link #kernel}. */
    Launch launch(String file, String name) {
        return launch(kernel(file, name, Map.of()));
    }

    /** A run of a kernel, whose arguments are still to be set. */
    Launch launch(CompiledKernel kernel) {
        return new Launch(queue, kernel);
    }

    /** The most bytes that all arguments of a kernel may take together. */
    long argumentBytes() {
        return OpenClDevices.size(queue.id(), CL.CL_DEVICE_MAX_PARAMETER_SIZE);
    }

    CompiledKernel kernel(String file, String name) {
        return kernel(file, name, Map.of());
    }

    /**
     * The kernel of that name in a file of this package's resources.
     *
     * @param parameters the macros of the compilation: {@code Map.of("TILE", 16)} becomes {@code -D TILE=16}
     * @throws OpenClException with the compiler's first error, if it does not compile; the whole log is the cause's
     *     message
     */
    synchronized CompiledKernel kernel(String file, String name, Map<String, ?> parameters) {
        queue.requireOpen();
        ProgramKey program = new ProgramKey(file, Map.copyOf(parameters));
        return kernels.computeIfAbsent(new KernelKey(program, name), key -> {
            try {
                cl_kernel kernel = CL.clCreateKernel(programs.computeIfAbsent(program, this::compile), name, null);
                queue.objects().kernels.incrementAndGet();
                return CompiledKernel.of(name, kernel, queue.id());
            } catch (CLException failure) {
                throw OpenClException.of("creating the kernel " + name + " of " + file, failure);
            }
        });
    }

    private cl_program compile(ProgramKey key) {
        StringBuilder options = new StringBuilder("-cl-std=CL1.2");
        new TreeMap<>(key.parameters).forEach((name, value) -> options.append(" -D ").append(name).append('=').append(value));
        cl_program program = CL.clCreateProgramWithSource(queue.context(), 1, new String[] {source(key.file)}, null, null);
        try {
            CL.clBuildProgram(program, 0, null, options.toString(), null, null);
        } catch (CLException failure) {
            String log = buildLog(program);
            CL.clReleaseProgram(program);
            String first = log.lines().filter(line -> line.toLowerCase(Locale.ROOT).contains("error")).findFirst()
                    .orElse(OpenClException.code(failure));
            throw new OpenClException("OpenCL: the compiler of " + queue.device() + " rejects " + key.file + " with " + options
                    + ": " + first.strip(), new OpenClException(log, failure));
        }
        queue.objects().programs.incrementAndGet();
        return program;
    }

    private String buildLog(cl_program program) {
        try {
            long[] length = new long[1];
            CL.clGetProgramBuildInfo(program, queue.id(), CL.CL_PROGRAM_BUILD_LOG, 0, null, length);
            byte[] log = new byte[(int) length[0]];
            CL.clGetProgramBuildInfo(program, queue.id(), CL.CL_PROGRAM_BUILD_LOG, log.length, Pointer.to(log), null);
            return new String(log, StandardCharsets.UTF_8).replace("\0", "");
        } catch (CLException none) {
            return "";
        }
    }

    /** The text of a file, with its includes expanded. */
    static String source(String file) {
        try (InputStream in = Programs.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("the jar lacks " + file + " of " + Programs.class.getPackageName()
                        + "; keep resources when repackaging it");
            }
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return INCLUDE.matcher(text).replaceAll(include -> Matcher.quoteReplacement(source(include.group(1))));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public synchronized void close() {
        kernels.values().forEach(kernel -> {
            CL.clReleaseKernel(kernel.kernel());
            queue.objects().kernels.decrementAndGet();
        });
        kernels.clear();
        programs.values().forEach(program -> {
            CL.clReleaseProgram(program);
            queue.objects().programs.decrementAndGet();
        });
        programs.clear();
    }
}
