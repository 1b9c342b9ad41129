package thaw.kernels.cpu.generator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The CPU backend's generated sources, which the build of that backend writes. */
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

    /** Writes the sources below the given folder of sources. One that is there already keeps its time, for which the compiler looks. */
    public static void main(String[] args) throws IOException {
        for (Map.Entry<String, String> source : files().entrySet()) {
            Path file = Path.of(args[0], "thaw/kernels/cpu").resolve(source.getKey());
            if (Files.notExists(file) || !Files.readString(file).equals(source.getValue())) {
                Files.createDirectories(file.getParent());
                Files.writeString(file, source.getValue());
            }
        }
    }

    /** The sources by their path within the package {@code thaw.kernels.cpu}. */
    private static Map<String, String> files() {
        return Map.of(
                "microkernel/TapKernels.java", kernels("microkernel", "TapKernels", """
                        /**
                         * The micro-kernel of convolutions and matrix products. For pixel {@code p}, and {@code V} vectors of output channels,
                         * <pre>
                         * y[yo + p·py + v·yBlock + lane] = Σ_k x[xo + p·px + taps[k >> shift] + k % 2^shift] · w[wo + (k·V + v)·L + lane]
                         * </pre>
                         * Each step multiplies one number of {@code x} per pixel with {@code V} vectors of weights that all pixels share. A tap
                         * stands for {@code 2^shift} contiguous numbers of {@code x}: the channels of a block at one filter position.
                         *
                         * <p>Where the distance {@code px} is a constant, C2 needs one address and two bounds checks for all pixels of a row
                         * instead of one and two for each: {@code adjacent} kernels have {@code px = L}, {@code alternate} ones
                         * {@code px = 2·L}, as with a stride of 2, and {@code stem} ones {@code px = 2}. The first two kinds, unless 14 pixels by
                         * two vectors, take 4 steps of a tap per turn of the loop (14 by one vector: 2), whose addresses would take longer than the
                         * products: {@code shift} must be above 0 and {@code steps} a multiple of 4.
                         *
                         * <p>GFLOP/s on one core of a Xeon whose peak is 170, JDK 17 and 25, with 256 steps, and in parentheses with one step per
                         * turn: by two vectors, 14 adjacent pixels 165 and 159, 8 163 and 173 (149, 159), 7 168 and 172 (129, 154), 4 153 and 154
                         * (95, 110); by one vector, 14 pixels 145 and 148 (135, 133), 8 146 and 137 (101, 108), 4 86 and 89 (57, 65). At any distance
                         * 14 pixels by two vectors 123 and 140, 4 pixels 87 and 98. With vectors of 8 and 16 registers (AVX2): 7 pixels by two
                         * vectors 75 and 67 (61, 62), 6 76 and 69 (61, 56). With weights that cross cache lines it is a twelfth less; see
                         * {@link PackedWeights#FIRST}. In a network, whose weights come from the second-level cache, 14 pixels are 3 % faster than
                         * twice 7.
                         *
                         * <p>C2 spills integers to the vector registers that narrow tiles leave free, which delays addresses.
                         * {@code -XX:-UseFPUForSpilling} spills to the stack instead, which these figures are for.
                         */
                        """, MicroKernels.taps()),
                "microkernel/OuterProductKernels.java", kernels("microkernel", "OuterProductKernels", """
                        /**
                         * The micro-kernel of {@link OuterProducts}. For each row, and {@code V} vectors of output channels,
                         * <pre>
                         * w[wo + (row·V + v)·L + lane] += Σ_k x[xo + at[k] + row] · g[go + k·L + v·gBlock + lane]
                         * </pre>
                         */
                        """, MicroKernels.outerProducts()),
                "grouped/GroupTapKernels.java", kernels("grouped", "GroupTapKernels", """
                        /**
                         * The micro-kernel of {@link GroupTaps}. For pixel {@code p}, and output channel {@code q} of {@code Q} of every group,
                         * <pre>
                         * y[yo + p·py + q·yBlock + lane] = Σ_k x[xo + p·px + at[k] + lane] · w[wo + (k·Q + q)·L + lane]
                         * </pre>
                         */
                        """, MicroKernels.groupTaps()),
                "grouped/GroupProductKernels.java", kernels("grouped", "GroupProductKernels", """
                        /**
                         * The micro-kernel of {@link GroupProducts}. For each {@code r}, and output channel {@code q} of {@code Q} of every group,
                         * <pre>
                         * w[wo + (r·Q + q)·L + lane] += Σ_k x[rows[row + r] + at[k] + lane] · g[go + q·gBlock + k·L + lane]
                         * </pre>
                         */
                        """, MicroKernels.groupProducts()),
                "winograd/VectorTransforms.java", file("WinogradTransform", "winograd", true, """
                        import thaw.kernels.cpu.microkernel.BlockedEpilogue;

                        /**
                         * {@link TileTransforms} by the Vector API, a line per lane. The rows and columns of adjacent whole tiles have loops of
                         * their own, with constant distances between pixels, and with an epilogue before the only store.
                         */
                        final class VectorTransforms implements TileTransforms {
                        """ + VECTOR_CONSTANTS + """

                            @Override
                            public int lanes() {
                                return L;
                            }
                        """, WinogradSource.vectors()),
                "winograd/ScalarTransforms.java", file("WinogradTransform", "winograd", false, """
                        import static thaw.kernels.cpu.microkernel.FusedMultiplyAdd.fma;

                        import thaw.kernels.cpu.microkernel.BlockLoops;
                        import thaw.kernels.cpu.microkernel.BlockedEpilogue;

                        /** {@link TileTransforms} in scalar code, with the operations of {@link VectorTransforms} in the same order. */
                        record ScalarTransforms(BlockLoops loops, int lanes) implements TileTransforms {
                        """, WinogradSource.scalars()));
    }

    private static String kernels(String folder, String name, String doc, String methods) {
        return file("MicroKernels", folder, true, doc + "final class " + name + " {\n" + VECTOR_CONSTANTS + NO_INSTANCES.formatted(name),
                methods);
    }

    private static String file(String generator, String folder, boolean vectors, String head, String methods) {
        return "// Generated by thaw.kernels.cpu.generator." + generator + ": change that instead.\n"
                + "package thaw.kernels.cpu." + folder + ";\n\n"
                + (vectors ? "import jdk.incubator.vector.FloatVector;\nimport jdk.incubator.vector.VectorSpecies;\n" : "")
                + (vectors && !head.startsWith("import") ? "\n" : "") + head + methods + "}\n";
    }
}
