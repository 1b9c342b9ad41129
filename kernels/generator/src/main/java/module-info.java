/** The generator of the CPU backend's unrolled loops, a part of the build. */
module thaw.kernels.cpu.generator {
}
