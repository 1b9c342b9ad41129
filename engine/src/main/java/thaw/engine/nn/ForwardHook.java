package thaw.engine.nn;

import thaw.engine.Tensor;

/** Receives a module's results, see {@link Module#onForward}, or its inputs, see {@link Module#beforeForward}. */
@FunctionalInterface
public interface ForwardHook {

    /**
     * Called with each result, or each input.
     *
     * @param value valid until the enclosing module has its own result; to keep the numbers, use {@link Tensor#toFloats()} or
     *              {@code value.detach().unscoped()}
     */
    void accept(Module module, Tensor value);

    /** A registered hook; closing it removes the hook. */
    interface Registration extends AutoCloseable {
        @Override
        void close();
    }
}
