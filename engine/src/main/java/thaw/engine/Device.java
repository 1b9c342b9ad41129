package thaw.engine;

import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.BackendProvider;
import thaw.kernels.ComputeThreads;
import thaw.kernels.Shape;

/**
 * A device that stores and computes tensors: a {@link Backend}, with the scopes and the gradient mode of each thread that
 * uses it, and a seeded generator. Two devices share nothing, and there is no default device.
 *
 * <p>Thread-safe: several threads may compute on a device at once. Scopes and {@link #noGrad} apply to the thread that
 * opened them.
 */
public final class Device implements AutoCloseable {

    private final Backend backend;
    private final Generator generator = new Generator(0);
    private final AtomicLong functionCount = new AtomicLong();
    private final ThreadLocal<ThreadState> states = new ThreadLocal<>();
    private volatile boolean closed;

    private Device(Backend backend) {
        this.backend = backend;
    }

    /** A device that computes with this backend and closes it when it is closed. */
    public static Device of(Backend backend) {
        return new Device(backend);
    }

    /**
     * Opens a device by its name.
     *
     * @param name {@code auto}, {@code cpu}, {@code opencl} for the best OpenCL device or {@code opencl:N} for the one with
     *     this index, {@code reference}, or a device of another {@link BackendProvider}
     * @throws IllegalArgumentException if there is no such kind of device; the message lists those that there are
     * @throws IllegalStateException    if the device's backend is missing; the message names the artifact to add
     * @throws RuntimeException         if the device cannot be used; the message says why
     */
    public static Device open(String name) {
        return open(name, Runtime.getRuntime().availableProcessors());
    }

    /** Like {@link #open(String)}; a backend that computes on the CPU uses this many threads, at least 1. */
    public static Device open(String name, int threads) {
        return open(name, ComputeThreads.of(threads));
    }

    /** Like {@link #open(String, int)}, with threads that may be an executor's. */
    public static Device open(String name, ComputeThreads threads) {
        return of(Backends.open(name, threads));
    }

    /**
     * The providers of backends on the class path or module path, the preferred one first. Each lists its devices, whose
     * names {@link #open(String)} takes.
     */
    public static List<BackendProvider> providers() {
        return Backends.providers();
    }

    /**
     * The provider of a device.
     *
     * @param name like {@link #open(String)}'s, but not {@code auto}
     * @throws IllegalArgumentException if there is no such kind of device
     */
    public static BackendProvider provider(String name) {
        return Backends.provider(name);
    }

    /**
     * The fastest available device: an OpenCL graphics card; an integrated graphics processor, if it wins a short race
     * against the CPU, whose outcome is kept in the user's cache folder; otherwise the CPU. If OpenCL cannot be used, that
     * is not an error: it is logged at level DEBUG.
     */
    public static Device auto() {
        return open("auto");
    }

    /**
     * The best OpenCL device: a graphics card before an integrated graphics processor, and that before the CPU.
     *
     * @throws RuntimeException if there is none; the message says what to install
     */
    public static Device opencl() {
        return open("opencl");
    }

    /**
     * An OpenCL device.
     *
     * @param index its index in the list of OpenCL devices, from 0
     * @throws RuntimeException if there is no such device; the message lists the existing ones
     */
    public static Device opencl(int index) {
        return open("opencl:" + index);
    }

    /** The CPU with all its cores. Without the Vector API's module, {@code jdk.incubator.vector}, it is many times slower. */
    public static Device cpu() {
        return open("cpu");
    }

    /**
     * The CPU with this many threads. Results do not depend on their number.
     *
     * @param threads at least 1, including the calling thread
     */
    public static Device cpu(int threads) {
        return open("cpu", threads);
    }

    /** Straightforward loops in double precision: slow, and the reference for testing other backends. */
    public static Device reference() {
        return open("reference");
    }

    /** The backend, for operators on {@link Array}s. */
    public Backend backend() {
        return backend;
    }

    /** A description of the device in one line, for users. */
    public String description() {
        return backend.description();
    }

    /**
     * Compiles in advance the kernels that a network needs, for a quick first step and a small heap. Takes seconds, during
     * which another thread may read the weights. Optional; changes no result.
     *
     * @param training whether training steps will follow, rather than predictions alone
     */
    public void warmUp(boolean training) {
        backend.warmUp(training);
    }

    /**
     * Prepares a quick first prediction and returns at once: operators run on simple loops until a background thread has had the
     * fastest ones compiled, which takes one or two seconds of a processor. Changes no result.
     */
    public void warmUpInBackground() {
        backend.warmUpInBackground();
    }

    /** Makes an image's prediction independent of the images in its batch, to the bit: see {@link Backend#makeBatchInvariant}. */
    public void makeBatchInvariant() {
        backend.makeBatchInvariant();
    }

    /** Whether predictions run on the fastest loops: after {@link #warmUp}, or some time after {@link #warmUpInBackground}. */
    public boolean isWarm() {
        return backend.isWarm();
    }

    /**
     * The generator from which initial weights and dropout masks are drawn, unless a module has its own; seed it with
     * {@link Generator#seed} to repeat a run, or to vary it.
     */
    public Generator generator() {
        return generator;
    }

    /**
     * Ends the backend's threads and frees its memory. Its tensors must not be used afterwards: an operator on them, like a new
     * tensor, throws an IllegalStateException. Not to be called while another thread computes on the device.
     */
    @Override
    public void close() {
        closed = true;
        backend.close();
    }

    // ---- tensors -----------------------------------------------------------------------------------------------

    /**
     * A tensor of these values, which are copied.
     *
     * @param values in row-major order
     * @throws IllegalArgumentException if their number is not the shape's number of elements
     */
    public Tensor tensor(Shape shape, float... values) {
        requireOpen();
        return wrap(backend.of(shape, values));
    }

    /** Like {@link #tensor(Shape, float...)}; keeps double precision where the backend has it. */
    public Tensor tensor(Shape shape, double... values) {
        requireOpen();
        return wrap(backend.of(shape, values));
    }

    /** A tensor of class numbers {@code [N]}, the targets of a loss. */
    public Tensor labels(int... classes) {
        float[] values = new float[classes.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = classes[i];
        }
        return tensor(Shape.of(classes.length), values);
    }

    /** A tensor of zeros. */
    public Tensor zeros(Shape shape) {
        requireOpen();
        return wrap(backend.zeros(shape));
    }

    /** A tensor of ones. */
    public Tensor ones(Shape shape) {
        return full(shape, 1);
    }

    /** A tensor whose elements all have this value. */
    public Tensor full(Shape shape, double value) {
        Tensor t = zeros(shape);
        backend.fill(t.array(), value);
        return t;
    }

    /** A tensor of rank 0 with this value. */
    public Tensor scalar(double value) {
        return full(Shape.SCALAR, value);
    }

    /** A tensor, owned by the current scope, that takes over the caller's ownership of {@code array}. */
    public Tensor wrap(Array array) {
        return adopt(new Tensor(this, array, null));
    }

    // ---- scopes and modes of the current thread ------------------------------------------------------------------

    /**
     * Opens a scope on this thread, which must also close it. On closing, all tensors created meanwhile are released,
     * except those kept.
     */
    public Scope scope() {
        ThreadState state = state();
        state.scope = new Scope(this, state.scope);
        return state.scope;
    }

    /**
     * Disables recording: until the result is closed, by this thread and after those opened later, no computation of this
     * thread is recorded for {@link Tensor#backward()}.
     */
    public NoGrad noGrad() {
        ThreadState state = state();
        boolean before = state.gradEnabled;
        state.gradEnabled = false;
        return new NoGrad() {
            private boolean closed;

            @Override
            public void close() {
                if (!closed) {
                    closed = true;
                    state.gradEnabled = before;
                    forgetIfIdle(state);
                }
            }
        };
    }

    /**
     * Lets an interrupt end this thread's computations: until the result is closed, by this thread and after those opened later, an
     * operator that begins while the thread is interrupted throws a {@link CancellationException}. The thread's interrupt flag stays
     * set.
     */
    public Interruptible interruptible() {
        ThreadState state = state();
        boolean before = state.interruptible;
        state.interruptible = true;
        return () -> {
            state.interruptible = before;
            forgetIfIdle(state);
        };
    }

    /** Whether computations of this thread are recorded for {@link Tensor#backward()}. */
    public boolean gradEnabled() {
        ThreadState state = states.get();
        return state == null || state.gradEnabled;
    }

    /**
     * A seed for a random operator in a forward pass. The second pass of a checkpointed segment gets the seeds of the
     * first one; otherwise the seed is drawn from {@code fresh}.
     */
    public long drawSeed(LongSupplier fresh) {
        ThreadState state = states.get();
        return state == null || state.pass == null ? fresh.getAsLong() : state.pass.draw(fresh);
    }

    /**
     * Whether this thread is repeating a forward pass for a checkpoint, in which running statistics must not be updated
     * again.
     */
    public boolean isRecomputing() {
        ThreadState state = states.get();
        return state != null && state.pass != null && state.pass.isSecond();
    }

    /** Runs the first pass of a checkpointed segment: without recording for gradients; its seeds are logged. */
    public <T> T firstPass(SeedLog seeds, Supplier<T> segment) {
        try (NoGrad off = noGrad()) {
            return withPass(state(), seeds.first(state().pass), segment);
        }
    }

    /** Runs the second pass of a checkpointed segment: recorded for gradients, with the seeds of the first pass. */
    public <T> T secondPass(SeedLog seeds, Supplier<T> segment) {
        ThreadState state = state();
        boolean before = state.gradEnabled;
        state.gradEnabled = true;
        try {
            return withPass(state, seeds.second(), segment);
        } finally {
            state.gradEnabled = before;
            forgetIfIdle(state);
        }
    }

    private <T> T withPass(ThreadState state, SeedLog.Pass pass, Supplier<T> segment) {
        SeedLog.Pass before = state.pass;
        state.pass = pass;
        try {
            return segment.get();
        } finally {
            state.pass = before;
            forgetIfIdle(state);
        }
    }

    // ---- for the graph -----------------------------------------------------------------------------------------

    /** To be called before an operator is computed. */
    void requireUsable() {
        requireOpen();
        ThreadState state = states.get();
        if (state != null && state.interruptible && Thread.currentThread().isInterrupted()) {
            throw new CancellationException("the thread was interrupted while it computed");
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the device is closed (" + description() + "); compute within its try block, or open"
                    + " another device and load the network there");
        }
    }

    Tensor adopt(Tensor t) {
        ThreadState state = states.get();
        if (state != null && state.scope != null) {
            state.scope.own(t);
        }
        return t;
    }

    void adopt(Function f) {
        ThreadState state = states.get();
        if (state != null && state.scope != null) {
            state.scope.own(f);
        }
    }

    long nextFunctionNumber() {
        return functionCount.incrementAndGet();
    }

    /** Makes {@code outer} the current scope again. */
    void leave(Scope scope, @Nullable Scope outer) {
        ThreadState state = states.get();
        if (state == null || state.scope != scope) {
            throw new IllegalStateException("a scope must be closed by the thread that opened it, in reverse order of opening;"
                    + " use try (Scope s = device.scope()) { … }");
        }
        state.scope = outer;
        forgetIfIdle(state);
    }

    private ThreadState state() {
        ThreadState state = states.get();
        if (state == null) {
            state = new ThreadState();
            states.set(state);
        }
        return state;
    }

    /** Removes the thread's state when it is the default, so that pooled threads keep no reference to it. */
    private void forgetIfIdle(ThreadState state) {
        if (state.scope == null && state.gradEnabled && !state.interruptible && state.pass == null) {
            states.remove();
        }
    }

    private static final class ThreadState {
        private @Nullable Scope scope;
        private boolean gradEnabled = true;
        private boolean interruptible;
        private SeedLog.@Nullable Pass pass;
    }

    @Override
    public String toString() {
        return "Device(" + description() + ")";
    }
}
