package thaw.kernels.cpu.generator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The CPU backend's generated sources. {@code src-test/generate} writes them. */
public final class GeneratedSources {

    private static final String VECTOR_CONSTANTS = """

                private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
                static final int L = S.length();
            """;

    private static final String NO_INSTANCES = """

                private %s() {
                }
            """;

    private GeneratedSources() {
    }

    /** Writes the sources into the given folder, that of the package {@code thaw.kernels.cpu}. */
    public static void main(String[] args) throws IOException {
        for (Map.Entry<String, String> file : files().entrySet()) {
            Files.writeString(Path.of(args[0]).resolve(file.getKey()), file.getValue());
        }
    }

    /** The sources by their path within the package {@code thaw.kernels.cpu}. */
    static Map<String, String> files() {
        return Map.of(
                "microkernel/TapKernels.java", kernels("microkernel", "TapKernels", true, """
                        /**
                         * The micro-kernel of convolutions and matrix products. For pixel {@code p}, and {@code V} vectors of output channels,
                         * <pre>
                         * y[yo + p·py + v·yBlock + lane] = Σ_k x[xo + p·px + taps[k >> shift] + k % 2^shift] · w[wo + (k·V + v)·L + lane]
                         * </pre>
                         * Each step multiplies one number of {@code x} per pixel with {@code V} vectors of weights that all pixels share. A tap
                         * stands for {@code 2^shift} contiguous numbers of {@code x}: the channels of a block at one filter position. The
                         * {@code adjacent} kernels are for {@code px = L}.
                         */
                        """, MicroKernels.taps()),
                "microkernel/ScalarTapKernels.java", kernels("microkernel", "ScalarTapKernels", false, """
                        /**
                         * The sums of {@link TapKernels} in scalar code, in the same order, for pixels by channels of a block; the weights of
                         * neighbouring steps are {@code width} floats apart.
                         */
                        """, MicroKernels.scalarTaps()),
                "microkernel/OuterProductKernels.java", kernels("microkernel", "OuterProductKernels", true, """
                        /**
                         * The micro-kernel of {@link OuterProducts}. For each row, and {@code V} vectors of output channels,
                         * <pre>
                         * w[wo + (row·V + v)·L + lane] += Σ_k x[xo + at[k] + row] · g[go + k·L + v·gBlock + lane]
                         * </pre>
                         */
                        """, MicroKernels.outerProducts()),
                "grouped/GroupTapKernels.java", kernels("grouped", "GroupTapKernels", true, """
                        /**
                         * The micro-kernel of {@link GroupTaps}. For pixel {@code p}, and output channel {@code q} of {@code Q} of every group,
                         * <pre>
                         * y[yo + p·py + q·yBlock + lane] = Σ_k x[xo + p·px + at[k] + lane] · w[wo + (k·Q + q)·L + lane]
                         * </pre>
                         */
                        """, MicroKernels.groupTaps()),
                "grouped/GroupProductKernels.java", kernels("grouped", "GroupProductKernels", true, """
                        /**
                         * The micro-kernel of {@link GroupProducts}. For each {@code r}, and output channel {@code q} of {@code Q} of every group,
                         * <pre>
                         * w[wo + (r·Q + q)·L + lane] += Σ_k x[rows[row + r] + at[k] + lane] · g[go + q·gBlock + k·L + lane]
                         * </pre>
                         */
                        """, MicroKernels.groupProducts()),
                "winograd/VectorLines.java", file("WinogradTransform", "winograd", true, """
                        /** {@link LineTransforms} by the Vector API; a line per lane. */
                        final class VectorLines implements LineTransforms {
                        """ + VECTOR_CONSTANTS + """

                            @Override
                            public int lanes() {
                                return L;
                            }
                        """, WinogradSource.vectors()),
                "winograd/ScalarLines.java", file("WinogradTransform", "winograd", false, """
                        /** {@link LineTransforms} in scalar code. */
                        record ScalarLines(int lanes) implements LineTransforms {
                        """, WinogradSource.scalars()));
    }

    private static String kernels(String folder, String name, boolean vectors, String doc, String methods) {
        return file("MicroKernels", folder, vectors, doc + "final class " + name + " {\n" + (vectors ? VECTOR_CONSTANTS : "")
                + NO_INSTANCES.formatted(name), methods);
    }

    private static String file(String generator, String folder, boolean vectors, String head, String methods) {
        return "// Generated by src-test/generate from thaw.kernels.cpu.generator." + generator + ": change that instead.\n"
                + "package thaw.kernels.cpu." + folder + ";\n\n"
                + (vectors ? "import jdk.incubator.vector.FloatVector;\nimport jdk.incubator.vector.VectorSpecies;\n\n" : "")
                + head + methods + "}\n";
    }
}
