package thaw.kernels.opencl;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_context;
import org.jocl.cl_device_id;
import org.jocl.cl_program;

/** Compiles programs for one device, unless an earlier process has: see {@link ProgramCache}. Thread-safe. */
final class ProgramCompiler {

    private final OpenClDevices.Handle handle;
    private final cl_context context;
    private final ProgramCache cache;

    ProgramCompiler(OpenClDevices.Handle handle, cl_context context, ProgramCache cache) {
        this.handle = handle;
        this.context = context;
        this.cache = cache;
    }

    cl_program build(String file, String options) {
        String source = Programs.source(file);
        byte[] identity = ProgramCache.identity(handle.device(), source, options);
        cl_program known = cache.read(identity).map(binary -> fromBinary(binary, options)).orElse(null);
        if (known != null) {
            return known;
        }
        cl_program program = fromSource(file, source, options);
        cache.write(identity, binary(program));
        return program;
    }

    /** Null if the driver refuses the binary. */
    private cl_program fromBinary(byte[] binary, String options) {
        cl_program program = null;
        try {
            program = CL.clCreateProgramWithBinary(context, 1, new cl_device_id[] {handle.id()}, new long[] {binary.length},
                    new byte[][] {binary}, new int[1], null);
            CL.clBuildProgram(program, 0, null, options, null, null);
            return program;
        } catch (CLException refused) {
            if (program != null) {
                CL.clReleaseProgram(program);
            }
            return null;
        }
    }

    private cl_program fromSource(String file, String source, String options) {
        cl_program program = CL.clCreateProgramWithSource(context, 1, new String[] {source}, null, null);
        try {
            CL.clBuildProgram(program, 0, null, options, null, null);
            return program;
        } catch (CLException failure) {
            String log = buildLog(program);
            CL.clReleaseProgram(program);
            String first = log.lines().filter(line -> line.toLowerCase(Locale.ROOT).contains("error")).findFirst()
                    .orElse(OpenClException.code(failure));
            throw new OpenClException("OpenCL: the compiler of " + handle.device() + " rejects " + file + " with " + options
                    + ": " + first.strip(), new OpenClException(log, failure));
        }
    }

    /** Empty if the driver gives none. */
    private static byte[] binary(cl_program program) {
        try {
            long[] size = new long[1];
            CL.clGetProgramInfo(program, CL.CL_PROGRAM_BINARY_SIZES, Sizeof.size_t, Pointer.to(size), null);
            byte[] binary = new byte[(int) size[0]];
            if (binary.length > 0) {
                CL.clGetProgramInfo(program, CL.CL_PROGRAM_BINARIES, Sizeof.POINTER, Pointer.to(Pointer.to(binary)), null);
            }
            return binary;
        } catch (CLException none) {
            return new byte[0];
        }
    }

    private String buildLog(cl_program program) {
        try {
            long[] length = new long[1];
            CL.clGetProgramBuildInfo(program, handle.id(), CL.CL_PROGRAM_BUILD_LOG, 0, null, length);
            byte[] log = new byte[(int) length[0]];
            CL.clGetProgramBuildInfo(program, handle.id(), CL.CL_PROGRAM_BUILD_LOG, log.length, Pointer.to(log), null);
            return new String(log, StandardCharsets.UTF_8).replace("\0", "");
        } catch (CLException none) {
            return "";
        }
    }
}
