/** Tensors with gradients, layers, optimizers and weight files, on any backend. */
module thaw.engine {
    requires transitive thaw.kernels;
    requires com.fasterxml.jackson.core;
    requires static org.jspecify;
    // Only to draw orthogonal weights.
    requires static thaw.ejml;

    exports thaw.engine;
    exports thaw.engine.functional;
    exports thaw.engine.io;
    exports thaw.engine.nn;
    exports thaw.engine.optim;

    uses thaw.kernels.BackendProvider;
}
