package thaw.kernels.opencl;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jocl.cl_program;

/**
 * The kernels of one device. A {@code .cl} file is compiled when one of its kernels is first requested, once for each set
 * of parameters, which the compiler gets as {@code -D NAME=value}; then it is kept. Programs that are likely to be requested
 * soon are compiled by other threads meanwhile. Thread-safe.
 */
final class Programs implements AutoCloseable {

    /** {@code #include "tree.cl"}: replaced here, because compilers cannot read files inside a jar. */
    private static final Pattern INCLUDE = Pattern.compile("(?m)^#include \"([^\"]+)\"$");

    /** Threads that compile ahead: drivers gain little from more. */
    private static final int MOST_THREADS = 8;
    private static final int IDLE_SECONDS = 2;

    /** A file and the macros of its compilation. */
    private record Program(String file, Map<String, Object> parameters) {
        static Program of(String file, Map<String, ?> parameters) {
            return new Program(file, Map.copyOf(parameters));
        }

        String options() {
            StringBuilder options = new StringBuilder("-cl-std=CL1.2");
            new TreeMap<>(parameters).forEach((name, value) -> options.append(" -D ").append(name).append('=').append(value));
            return options.toString();
        }
    }

    private record KernelKey(Program program, String name) {
    }

    private final CommandQueue queue;
    private final ThreadPoolExecutor ahead;
    private final Map<Program, FutureTask<cl_program>> programs = new ConcurrentHashMap<>();
    private final Map<KernelKey, CompiledKernel> kernels = new ConcurrentHashMap<>();
    private final List<Program> ofTraining = new ArrayList<>();
    private boolean training;
    /** Held for reading while the driver is asked for anything, and for writing while everything is released. */
    private final ReadWriteLock use = new ReentrantReadWriteLock();
    private boolean closed;

    /** Compiles ahead on graphics cards; on a CPU the compiler would compete with the kernels. */
    Programs(CommandQueue queue) {
        this(queue, queue.device().type() == OpenClDevice.Type.CPU ? 0
                : Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors()));
    }

    /** @param threads that compile ahead; 0 compiles each program when it is requested */
    Programs(CommandQueue queue, int threads) {
        this.queue = queue;
        if (threads == 0) {
            ahead = null;
        } else {
            ahead = new ThreadPoolExecutor(threads, threads, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                Thread thread = new Thread(task, "OpenCL compiler");
                thread.setDaemon(true);
                return thread;
            });
            ahead.allowCoreThreadTimeOut(true);
        }
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
        return queue.argumentBytes();
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
    CompiledKernel kernel(String file, String name, Map<String, ?> parameters) {
        Program program = Program.of(file, parameters);
        use.readLock().lock();
        try {
            queue.requireOpen();
            return kernels.computeIfAbsent(new KernelKey(program, name), key -> queue.kernel(built(program), program.file, name));
        } finally {
            use.readLock().unlock();
        }
    }

    private FutureTask<cl_program> task(Program program) {
        return programs.computeIfAbsent(program, p -> new FutureTask<>(() -> queue.build(p.file, p.options())));
    }

    /** The program, compiled by this thread unless another one has begun to. */
    private cl_program built(Program program) {
        FutureTask<cl_program> task = task(program);
        task.run();
        try {
            return result(task);
        } catch (OpenClException failure) {
            programs.remove(program, task);
            throw failure;
        }
    }

    private static cl_program result(FutureTask<cl_program> task) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException wait) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof OpenClException refused) {
                throw refused;
            }
            throw new IllegalStateException("compiling a program failed", failure.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    // ---- ahead --------------------------------------------------------------------------------------------------

    /** Lets other threads compile this program; an error shows when one of its kernels is requested. */
    void prepare(String file, Map<String, ?> parameters) {
        prepare(Program.of(file, parameters));
    }

    private void prepare(Program program) {
        if (ahead == null || programs.containsKey(program)) {
            return;
        }
        FutureTask<cl_program> task = task(program);
        ahead.execute(() -> {
            use.readLock().lock();
            try {
                if (!closed) {
                    task.run();
                }
            } finally {
                use.readLock().unlock();
            }
        });
    }

    /** Notes a program that every training step needs; see {@link #prepareTraining}. */
    void isOfTraining(String file, Map<String, ?> parameters) {
        ofTraining.add(Program.of(file, parameters));
    }

    /** {@linkplain #prepare Prepares} the programs of training, once. */
    synchronized void prepareTraining() {
        if (!training) {
            training = true;
            ofTraining.forEach(this::prepare);
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

    /** Waits for the compilations under way, and releases everything. */
    @Override
    public void close() {
        if (ahead != null) {
            ahead.shutdownNow();
        }
        use.writeLock().lock();
        try {
            closed = true;
            kernels.values().forEach(queue::release);
            kernels.clear();
            programs.values().forEach(this::release);
            programs.clear();
        } finally {
            use.writeLock().unlock();
        }
    }

    private void release(FutureTask<cl_program> task) {
        if (task.isDone()) {
            try {
                queue.release(result(task));
            } catch (OpenClException neverBuilt) {
                // Nothing to release.
            }
        }
    }
}
