package thaw.engine.nn;

import thaw.engine.Tensor;

/** Receives a module's results; see {@link Module#onForward}. */
@FunctionalInterface
public interface ForwardHook {

    /**
     * Called with each result.
     *
     * @param output valid until the enclosing module has its own result; to keep the values, use {@link Tensor#toFloats()}
     *               or {@code output.detach().unscoped()}
     */
    void accept(Module module, Tensor output);

    /** A registered hook; closing it removes the hook. */
    interface Registration extends AutoCloseable {
        @Override
        void close();
    }
}
