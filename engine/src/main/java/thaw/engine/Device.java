package thaw.engine;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import thaw.kernels.Array;
import thaw.kernels.Backend;
import thaw.kernels.Shape;
import thaw.kernels.cpu.CpuBackend;
import thaw.kernels.opencl.OpenClBackend;
import thaw.kernels.reference.ReferenceBackend;

/**
 * Where tensors live and are computed: a {@link Backend}, with the scopes and the gradient mode of each thread that uses
 * it, and a seeded generator. Nothing here is shared between two devices, and there is no default one.
 *
 * <p>Several threads may compute on a device at once; scopes and {@link #noGrad} concern the thread that opened them.
 */
public final class Device implements AutoCloseable {

    private final Backend backend;
    private final Generator generator = new Generator(0);
    private final AtomicLong functionCount = new AtomicLong();
    private final ThreadLocal<ThreadState> states = new ThreadLocal<>();

    private Device(Backend backend) {
        this.backend = backend;
    }

    /** A device that computes with this backend and closes it in the end. */
    public static Device of(Backend backend) {
        return new Device(backend);
    }

    /**
     * The fastest device there is: a graphics card that speaks OpenCL; a graphics processor that shares the processor's memory,
     * if it wins a short race against the cores, whose outcome is kept in the user's cache folder; else the processor. That
     * OpenCL cannot be used is no error here: it is logged at level DEBUG.
     */
    public static Device auto() {
        return auto(Runtime.getRuntime().availableProcessors());
    }

    /** As {@link #auto()}; where it is the processor, with so many threads. */
    public static Device auto(int threads) {
        return of(FastestBackend.open(threads));
    }

    /**
     * A device by OpenCL: a graphics card before a graphics processor that shares memory, and that before the processor.
     *
     * @throws thaw.kernels.opencl.OpenClException if there is none; the message says what to install
     */
    public static Device opencl() {
        return of(OpenClBackend.open());
    }

    /**
     * A device by OpenCL.
     *
     * @param index its number in {@link thaw.kernels.opencl.OpenClDevices#list}, from 0
     * @throws thaw.kernels.opencl.OpenClException if there is no such device; the message names those that there are
     */
    public static Device opencl(int index) {
        return of(OpenClBackend.open(index));
    }

    /** All cores of the processor; see {@link CpuBackend} for what the Vector API's module changes. */
    public static Device cpu() {
        return cpu(Runtime.getRuntime().availableProcessors());
    }

    /**
     * The processor, with so many threads. Results do not depend on their number.
     *
     * @param threads at least 1, the caller's own
     */
    public static Device cpu(int threads) {
        return of(CpuBackend.create(threads));
    }

    /** Textbook loops in double precision: slow, and what everything else is checked against. */
    public static Device reference() {
        return of(new ReferenceBackend());
    }

    /** What computes: for operators that work on {@link Array}s. */
    public Backend backend() {
        return backend;
    }

    /** What this is, in a line for people. */
    public String description() {
        return backend.description();
    }

    /**
     * Has what a network needs compiled before its first use, for a quick first step and a small heap: seconds, in which another
     * thread may read the weights. Changes no result, and need not be called.
     *
     * @param training whether training steps will follow, and not predictions alone
     */
    public void warmUp(boolean training) {
        backend.warmUp(training);
    }

    /**
     * Returns at once, for a quick first prediction: a thread prepares simple loops while the caller reads the weights, and the
     * fastest ones after the first prediction, a second or two in which predictions take some times as long. Changes no result.
     */
    public void warmUpInBackground() {
        backend.warmUpInBackground();
    }

    /**
     * Initial weights and dropout masks are drawn from this generator unless a module was given one of its own; seed it
     * with {@link Generator#seed} to repeat a run, or to make another.
     */
    public Generator generator() {
        return generator;
    }

    /** Ends the backend's threads and gives its memory back. Its tensors must not be used any more. */
    @Override
    public void close() {
        backend.close();
    }

    // ---- tensors -----------------------------------------------------------------------------------------------

    /**
     * A tensor of these values, which are copied.
     *
     * @param values in row-major order
     * @throws IllegalArgumentException if there are not as many as the shape has elements
     */
    public Tensor tensor(Shape shape, float... values) {
        requireLength(shape, values.length);
        return wrap(backend.of(shape, values));
    }

    /** As {@link #tensor(Shape, float...)}; keeps the double precision where the backend has it. */
    public Tensor tensor(Shape shape, double... values) {
        requireLength(shape, values.length);
        return wrap(backend.of(shape, values));
    }

    /** Class numbers {@code [N]}, as a loss takes them. */
    public Tensor labels(int... classes) {
        float[] values = new float[classes.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = classes[i];
        }
        return tensor(Shape.of(classes.length), values);
    }

    public Tensor zeros(Shape shape) {
        return wrap(backend.zeros(shape));
    }

    public Tensor ones(Shape shape) {
        return full(shape, 1);
    }

    public Tensor full(Shape shape, double value) {
        Tensor t = zeros(shape);
        backend.fill(t.array(), value);
        return t;
    }

    public Tensor scalar(double value) {
        return full(Shape.SCALAR, value);
    }

    /** A tensor, owned by the current scope, that takes over the caller's share in {@code array}. */
    public Tensor wrap(Array array) {
        return adopt(new Tensor(this, array, null));
    }

    private static void requireLength(Shape shape, int length) {
        if (shape.size() != length) {
            throw new IllegalArgumentException("tensor: shape " + shape + " holds " + shape.size() + " elements, "
                    + length + " were given");
        }
    }

    // ---- scopes and modes of the current thread ------------------------------------------------------------------

    /** Opens a scope on this thread, to be closed by it: all tensors made until then are released, but for those kept. */
    public Scope scope() {
        ThreadState state = state();
        state.scope = new Scope(this, state.scope);
        return state.scope;
    }

    /**
     * Until the result is closed, by this thread and after those opened later, nothing that this thread computes is recorded
     * for {@link Tensor#backward()}.
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

    /** Whether what this thread computes is recorded for {@link Tensor#backward()}. */
    public boolean gradEnabled() {
        ThreadState state = states.get();
        return state == null || state.gradEnabled;
    }

    /**
     * A seed for something random in a forward pass. The second pass of a checkpointed segment gets what the first one
     * drew; otherwise it comes from {@code fresh}.
     */
    public long drawSeed(LongSupplier fresh) {
        ThreadState state = states.get();
        return state == null || state.tape == null ? fresh.getAsLong() : state.tape.draw(fresh);
    }

    /** Whether this thread is repeating a forward pass for a checkpoint, so that statistics are not to be counted again. */
    public boolean isRecomputing() {
        ThreadState state = states.get();
        return state != null && state.tape != null && state.tape.isReplay();
    }

    /** Runs the first pass of a checkpointed segment: unrecorded, its seeds noted on the tape. */
    public <T> T firstPass(Tape tape, Supplier<T> segment) {
        try (NoGrad off = noGrad()) {
            return withTape(state(), tape.record(state().tape), segment);
        }
    }

    /** Runs the second pass of a checkpointed segment: recorded, with the seeds of the first one. */
    public <T> T secondPass(Tape tape, Supplier<T> segment) {
        ThreadState state = state();
        boolean before = state.gradEnabled;
        state.gradEnabled = true;
        try {
            return withTape(state, tape.replay(), segment);
        } finally {
            state.gradEnabled = before;
            forgetIfIdle(state);
        }
    }

    private <T> T withTape(ThreadState state, Tape.Head head, Supplier<T> segment) {
        Tape.Head before = state.tape;
        state.tape = head;
        try {
            return segment.get();
        } finally {
            state.tape = before;
            forgetIfIdle(state);
        }
    }

    // ---- for the graph -----------------------------------------------------------------------------------------

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
    void leave(Scope scope, Scope outer) {
        ThreadState state = states.get();
        if (state == null || state.scope != scope) {
            throw new IllegalStateException("a scope is closed by the thread that opened it, the last one opened first;"
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

    /** A thread of somebody's pool keeps nothing of ours. */
    private void forgetIfIdle(ThreadState state) {
        if (state.scope == null && state.gradEnabled && state.tape == null) {
            states.remove();
        }
    }

    private static final class ThreadState {
        private Scope scope;
        private boolean gradEnabled = true;
        private Tape.Head tape;
    }

    @Override
    public String toString() {
        return "Device(" + description() + ")";
    }
}
