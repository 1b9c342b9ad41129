/** The backend for CPUs. It requires the Vector API's module, so that a modular application needs no {@code --add-modules}. */
module thaw.kernels.cpu {
    requires transitive thaw.kernels;
    requires jdk.incubator.vector;
    requires jdk.management;
    requires static org.jspecify;

    exports thaw.kernels.cpu;

    provides thaw.kernels.BackendProvider with thaw.kernels.cpu.CpuProvider;
}
