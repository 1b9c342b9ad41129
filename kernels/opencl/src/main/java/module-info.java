/** The backend for OpenCL devices. JOCL has no module declaration and is an automatic module. */
@SuppressWarnings("requires-automatic") module thaw.kernels.opencl {
    requires transitive thaw.kernels;
    requires jocl;
    requires static org.jspecify;

    exports thaw.kernels.opencl;

    provides thaw.kernels.BackendProvider with thaw.kernels.opencl.OpenClProvider;
}
