/** The operators that a backend computes, the reference backend, and the service by which backends are found. */
module thaw.kernels {
    requires static org.jspecify;

    exports thaw.kernels;
    exports thaw.kernels.reference;

    provides thaw.kernels.BackendProvider with thaw.kernels.reference.ReferenceProvider;
}
