package thaw.engine.nn;

import thaw.engine.Tensor;

/** Sees what a module computes; see {@link Module#onForward}. */
@FunctionalInterface
public interface ForwardHook {

    /**
     * @param output lives until the module around {@code module} has its own result; to keep the numbers take
     *               {@link Tensor#toFloats()}, or {@code output.detach().unscoped()}
     */
    void accept(Module module, Tensor output);

    /** Ends a hook. */
    interface Registration extends AutoCloseable {
        @Override
        void close();
    }
}
