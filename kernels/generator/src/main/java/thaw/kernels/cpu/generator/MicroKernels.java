package thaw.kernels.cpu.generator;

import java.util.HashMap;
import java.util.Map;

/**
 * The unrolled micro-kernels: R × C sums in local variables, of products of R numbers or vectors of a source with C vectors
 * of weights or gradients. In each step,
 * <pre>
 * a[r][c] += x[r] · w[c]
 * </pre>
 * C2 keeps local variables in registers, but not an array's elements, nor variables that an inner loop changes. A kernel is
 * a template, the values of its names, and the R × C for which its callers have a use.
 */
final class MicroKernels {

    /**
     * Sums that replace the target's, U steps of a tap per turn of the loop. They begin with products: C2 (JDK 17) spills sums that begin
     * with a shared zero.
     */
    private static final String SUMS = """

                static void ${name}(${parameters}) {
                    int first = xo + ${firstTap};
            #let i first
            #let j wo
            #let u 0
            #for c ${C}
                    ${type} firstW${c} = ${w};
            #end
            #for r ${R}
                    ${type} firstX${r} = ${x};
            #for c ${C}
                    ${type} a${r}x${c} = ${mul};
            #end
            #end
            #for u 1 ${U}
            #for c ${C}
                    ${type} firstW${u*C+c} = ${w};
            #end
            #for r ${R}
                    ${type} firstX${u*R+r} = ${x};
            #for c ${C}
                    a${r}x${c} = firstX${u*R+r}.fma(firstW${u*C+c}, a${r}x${c});
            #end
            #end
            #end
                    for (int k = ${U}; k < steps; k${increment}) {
                        int i = xo + ${tap};
                        int j = wo + k * ${row};
            #let i i
            #let j j
            #for u ${U}
            #for c ${C}
                        ${type} w${u*C+c} = ${w};
            #end
            #for r ${R}
                        ${type} x${u*R+r} = ${x};
            #for c ${C}
                        a${r}x${c} = ${fma};
            #end
            #end
            #end
                    }
            #for r ${R}
            #for c ${C}
                    ${store};
            #end
            #end
                }
            """;

    /** Sums that are added to the target's, U steps per turn of the loop. */
    private static final String ADDED_SUMS = """

                static void ${name}(${parameters}) {
            #for r ${sources}
                    int source${r} = rows[row${+ r 1}];
            #end
            #for r ${R}
            #for c ${C}
                    ${type} a${r}x${c} = FloatVector.fromArray(S, ${target});
            #end
            #end
            #for turns ${turns}
                    int k = 0;
                    for (; k <= steps - ${U}; k += ${U}) {
            #let i i${u}
            #for u ${U}
                        int i${u} = ${tap};
                        int j${u} = go + k * L${+ u L};
            #for c ${C}
                        ${type} w${u*C+c} = FloatVector.fromArray(S, g, j${u}${+ c gBlock});
            #end
            #for r ${R}
                        ${type} x${u*R+r} = ${x};
            #for c ${C}
                        a${r}x${c} = ${fma};
            #end
            #end
            #end
                    }
            #end
            #let i i
            #let u 0
                    for (${start}; k < steps; k++) {
                        int i = ${tap};
                        int j = go + k * L;
            #for c ${C}
                        ${type} w${c} = FloatVector.fromArray(S, g, j${+ c gBlock});
            #end
            #for r ${R}
                        ${type} x${r} = ${x};
            #for c ${C}
                        a${r}x${c} = ${fma};
            #end
            #end
                    }
            #for r ${R}
            #for c ${C}
                    ${store};
            #end
            #end
                }
            """;

    private static final Map<String, String> VECTORS = Map.of(
            "type", "FloatVector",
            "U", "1",
            "u", "0",
            "increment", "++",
            "turns", "0",
            "start", "int k = 0",
            "mul", "firstX${r}.mul(firstW${c})",
            "fma", "x${u*R+r}.fma(w${u*C+c}, a${r}x${c})",
            "store", "a${r}x${c}.intoArray(${target})");

    private static final Map<String, String> TAPS = with(VECTORS, Map.of(
            "name", "pixels${R}vectors${C}",
            "parameters", """
                    float[] x, int xo, int px, int[] taps, int shift, int steps,
                                float[] w, int wo, float[] y, int yo, int py, int yBlock""",
            "firstTap", "taps[0]",
            "tap", "taps[k >> shift] + (k & ((1 << shift) - 1))",
            "row", "${C} * L",
            "x", "FloatVector.broadcast(S, x[${i}${+ u 1}${+ r px}])",
            "w", "FloatVector.fromArray(S, w, ${j}${+ u*C+c L})",
            "target", "y, yo${+ r py}${+ c yBlock}"));

    /** {@link #TAPS} of pixels that are L floats apart. */
    private static final Map<String, String> ADJACENT_TAPS = with(TAPS, Map.of(
            "name", "adjacent${R}vectors${C}",
            "px", "L"));

    /** {@link #TAPS} of every other pixel. */
    private static final Map<String, String> ALTERNATE_TAPS = with(TAPS, Map.of(
            "name", "alternate${R}vectors${C}",
            "px", "2 * L"));

    /** {@link #TAPS} of every other pixel of one channel. */
    private static final Map<String, String> STEM_TAPS = with(TAPS, Map.of(
            "name", "stem${R}vectors${C}",
            "px", "2"));

    private static final Map<String, String> GROUP_TAPS = with(TAPS, Map.of(
            "name", "pixels${R}outputs${C}",
            "parameters", """
                    float[] x, int xo, int px, int[] at, int steps, float[] w, int wo,
                                float[] y, int yo, int py, int yBlock""",
            "firstTap", "at[0]",
            "tap", "at[k]",
            "x", "FloatVector.fromArray(S, x, ${i}${+ r px})"));

    private static final Map<String, String> OUTER_PRODUCTS = with(VECTORS, Map.of(
            "name", "rows${R}vectors${C}",
            "parameters", """
                    float[] x, int xo, int[] at, int steps,
                                float[] g, int go, int gBlock, float[] w, int wo""",
            "sources", "0",
            "tap", "xo + at[k${+ u 1}]",
            "x", "FloatVector.broadcast(S, x[${i}${+ r 1}])",
            "target", "w, wo${+ r*C+c L}"));

    private static final Map<String, String> GROUP_PRODUCTS = with(OUTER_PRODUCTS, Map.of(
            "name", "rows${R}outputs${C}",
            "parameters", """
                    float[] x, int[] rows, int row, int[] at, int steps,
                                float[] g, int go, int gBlock, float[] w, int wo""",
            "sources", "${R}",
            "tap", "at[k]",
            "x", "FloatVector.fromArray(S, x, source${r} + i)"));

    private MicroKernels() {
    }

    static String taps() {
        return kernels(SUMS, TAPS, "14x2 6x2 4x2 1x2 14x1 4x1 1x1")
                + kernels(SUMS, ADJACENT_TAPS, "14x2 8x2x4 7x2x4 6x2x4 4x2x4 14x1x2 8x1x4 7x1x4 4x1x4")
                + kernels(SUMS, ALTERNATE_TAPS, "14x2 7x2x4") + kernels(SUMS, STEM_TAPS, "14x2 6x2");
    }

    static String groupTaps() {
        return kernels(SUMS, GROUP_TAPS, "4x4 2x4 1x4 8x1 1x1");
    }

    static String outerProducts() {
        return kernels(ADDED_SUMS, OUTER_PRODUCTS, "8x2 8x1 4x2x4 4x1");
    }

    static String groupProducts() {
        return kernels(ADDED_SUMS, GROUP_PRODUCTS, "4x4 2x4 4x1");
    }

    /** @param sizes R × C, or R × C × U, of each kernel */
    private static String kernels(String template, Map<String, String> values, String sizes) {
        StringBuilder out = new StringBuilder();
        for (String size : sizes.split(" ")) {
            String[] sides = size.split("x");
            Map<String, String> all = with(values, Map.of("R", sides[0], "C", sides[1]));
            out.append(Template.expand(template, sides.length == 2 ? all : with(all,
                    Map.of("U", sides[2], "increment", " += " + sides[2], "turns", "1", "start", ""))));
        }
        return out.toString();
    }

    private static Map<String, String> with(Map<String, String> values, Map<String, String> others) {
        Map<String, String> all = new HashMap<>(values);
        all.putAll(others);
        return all;
    }
}
