package thaw.kernels.cpu.generator;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One of Winograd's transforms of a line of numbers (Lavin and Gray 2016, section 4). Each is a product with a matrix of
 * {@code WinogradPoints} or, for a stride of 2, of {@code WinogradPhases}; the formulas share sums and differences, and so
 * take fewer operations than the product. A line of n outputs has the first n + 2 points (stride 2: n + 1), so there are
 * formulas for each n.
 *
 * @param name     of the transform
 * @param from     the letter of the line's numbers: d0, d1, …
 * @param to       the letter of the result's
 * @param formulas assignments, by the number of outputs
 */
record WinogradTransform(String name, String from, String to, Map<Integer, String> formulas) {

    /** {@code v = Bᵀ d} */
    static final WinogradTransform INPUT = new WinogradTransform("input", "d", "v", Map.of(
            4, """
                    even = fma(d2, -4, d4)
                    odd = fma(d1, -4, d3)
                    near = d4 - d2
                    half = d3 - d1
                    far = half + half
                    v0 = fma(d0, 4, fma(d2, -5, d4))
                    v1 = fma(d1, 4, fma(d3, -5, d5))
                    v2 = even + odd
                    v3 = even - odd
                    v4 = near + far
                    v5 = near - far
                    """,
            3, """
                    difference = d3 - d1
                    v0 = fma(d0 - d2, 4, difference + difference)
                    v1 = fma(difference, -2, d4 - d2)
                    v2 = (d3 - d2 - d1 - d1) * 3
                    v3 = fma(d1, 2, d3) - d2 * 3
                    v4 = difference * 4
                    """,
            2, """
                    v0 = (d0 - d2) * 4
                    v1 = d3 - d1
                    v2 = (d2 + d1) * -3
                    v3 = (d2 - d1) * -3
                    """,
            1, """
                    v0 = (d0 - d1) * 4
                    v1 = d2 - d1
                    v2 = d1 * -6
                    """));

    /** {@code u = G g} */
    static final WinogradTransform FILTER = new WinogradTransform("filter", "g", "u", Map.of(
            4, """
                    outer = (g0 + g2) * -1/6
                    inner = g1 * 1/6
                    farOuter = fma(g0, 1/24, g2 * 1/6)
                    farInner = g1 * 1/12
                    u0 = g0 * 1/4
                    u1 = g2
                    u2 = outer - inner
                    u3 = outer + inner
                    u4 = farOuter + farInner
                    u5 = farOuter - farInner
                    """));

    /** {@code y = Aᵀ m} */
    static final WinogradTransform OUTPUT = new WinogradTransform("output", "m", "y", Map.of(
            4, """
                    sum = m2 + m3
                    difference = m2 - m3
                    farSum = m4 + m5
                    farDifference = m4 - m5
                    last = m1 + difference
                    y0 = m0 + sum + farSum
                    y1 = fma(farDifference, 2, difference)
                    y2 = fma(farSum, 4, sum)
                    y3 = fma(farDifference, 8, last)
                    """,
            3, """
                    sum = m2 + m3
                    y0 = m0 + sum + m4
                    y1 = fma(m4, 2, m2 - m3)
                    y2 = fma(m4, 4, sum + m1)
                    """,
            2, """
                    y0 = m0 + (m2 + m3)
                    y1 = m1 + (m2 - m3)
                    """,
            1, """
                    y0 = m0 + m2 + m1
                    """));

    /** {@code m = A g}, the gradient of {@link #OUTPUT} */
    static final WinogradTransform GRADIENT = new WinogradTransform("gradient", "g", "m", Map.of(
            4, """
                    even = g0 + g2
                    odd = g1 + g3
                    farEven = fma(g2, 4, g0)
                    farOdd = fma(g3, 8, g1 + g1)
                    m0 = g0
                    m1 = g3
                    m2 = even + odd
                    m3 = even - odd
                    m4 = farEven + farOdd
                    m5 = farEven - farOdd
                    """,
            3, """
                    even = g0 + g2
                    m0 = g0
                    m1 = g2
                    m2 = even + g1
                    m3 = even - g1
                    m4 = fma(g2, 4, fma(g1, 2, g0))
                    """,
            2, """
                    m0 = g0
                    m1 = g1
                    m2 = g0 + g1
                    m3 = g0 - g1
                    """,
            1, """
                    m0 = g0
                    m1 = g0
                    m2 = g0
                    """));

    /** {@code g = Gᵀ u}, the gradient of {@link #FILTER} */
    static final WinogradTransform FILTER_GRADIENT = new WinogradTransform("filterGradient", "u", "g", Map.of(
            4, """
                    near = (u2 + u3) * 1/6
                    far = u4 + u5
                    g0 = fma(u0, 1/4, fma(far, 1/24, -near))
                    g1 = fma(u4 - u5, 1/12, (u3 - u2) * 1/6)
                    g2 = fma(far, 1/6, u1 - near)
                    """));

    /** {@code v = Bᵀ d} of every second number, for the phase of two taps: v0 to v4; and the numbers between them: v5 to v8. */
    static final WinogradTransform STRIDED_INPUT = new WinogradTransform("stridedInput", "d", "v", Map.of(
            4, """
                    difference = d6 - d2
                    v0 = fma(d0 - d4, 2, difference)
                    v1 = fma(difference, -2, d8 - d4)
                    v2 = fma(d2, -2, d6 - d4)
                    v3 = fma(d4, -3, fma(d2, 2, d6))
                    v4 = difference
                    v5 = d1
                    v6 = d3
                    v7 = d5
                    v8 = d7
                    """,
            3, """
                    difference = d0 - d4
                    v0 = difference + difference
                    v1 = d6 - d2
                    v2 = -(d2 + d4)
                    v3 = (d2 - d4) * 3
                    v5 = d1
                    v6 = d3
                    v7 = d5
                    """,
            2, """
                    difference = d0 - d2
                    v0 = difference + difference
                    v1 = d4 - d2
                    v2 = d2 * -2
                    v5 = d1
                    v6 = d3
                    """,
            1, """
                    v0 = d0 + d0
                    v1 = d2
                    v5 = d1
                    """));

    /** {@link #STRIDED_INPUT} without the numbers of the single tap, which need no transform. */
    static final WinogradTransform STRIDED_POINTS = new WinogradTransform("stridedPoints", "d", "v",
            STRIDED_INPUT.formulas.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey,
                    formulas -> formulas.getValue().replaceAll("v[5-8] = .*\n", ""))));

    /** {@code u = G g} of the outer taps g0 and g2, and the single tap g1. */
    static final WinogradTransform STRIDED_FILTER = new WinogradTransform("stridedFilter", "g", "u", Map.of(
            4, """
                    half = g0 * 1/2
                    u0 = half
                    u1 = g2
                    u2 = fma(g2, -1/2, -half)
                    u3 = (g2 - g0) * 1/6
                    u4 = (g0 + g2 + g2) * 1/6
                    u5 = g1
                    """));

    /** {@code y = Aᵀ m} of the points' products m0 to m4, plus the single tap's products m5 to m8. */
    static final WinogradTransform STRIDED_OUTPUT = new WinogradTransform("stridedOutput", "m", "y", Map.of(
            4, """
                    sum = m2 + m3
                    difference = m2 - m3
                    y0 = m0 + sum + (m5 + m4)
                    y1 = fma(m4, 2, m6 + difference)
                    y2 = fma(m4, 4, m7 + sum)
                    y3 = fma(m4, 8, m1 + (m8 + difference))
                    """,
            3, """
                    sum = m2 + m3
                    y0 = m0 + sum + m5
                    y1 = m2 - m3 + m6
                    y2 = m1 + sum + m7
                    """,
            2, """
                    y0 = m0 + m2 + m5
                    y1 = m1 + m2 + m6
                    """,
            1, """
                    y0 = m0 + m1 + m5
                    """));

    /** {@code m = A g}, the gradient of {@link #STRIDED_OUTPUT} */
    static final WinogradTransform STRIDED_GRADIENT = new WinogradTransform("stridedGradient", "g", "m", Map.of(
            4, """
                    even = g0 + g2
                    odd = g1 + g3
                    farEven = fma(g2, 4, g0)
                    farOdd = fma(g3, 8, g1 + g1)
                    m0 = g0
                    m1 = g3
                    m2 = even + odd
                    m3 = even - odd
                    m4 = farEven + farOdd
                    m5 = g0
                    m6 = g1
                    m7 = g2
                    m8 = g3
                    """,
            3, """
                    even = g0 + g2
                    m0 = g0
                    m1 = g2
                    m2 = even + g1
                    m3 = even - g1
                    m5 = g0
                    m6 = g1
                    m7 = g2
                    """,
            2, """
                    m0 = g0
                    m1 = g1
                    m2 = g0 + g1
                    m5 = g0
                    m6 = g1
                    """,
            1, """
                    m0 = g0
                    m1 = g0
                    m5 = g0
                    """));

    /** {@code g = Gᵀ u} */
    static final WinogradTransform STRIDED_FILTER_GRADIENT = new WinogradTransform("stridedFilterGradient", "u", "g", Map.of(
            4, """
                    near = u2 * 1/2
                    g0 = fma(u0, 1/2, fma(u4 - u3, 1/6, -near))
                    g1 = u5
                    g2 = fma(u4 + u4 + u3, 1/6, u1) - near
                    """));

    static final List<WinogradTransform> ALL = List.of(INPUT, FILTER, OUTPUT, GRADIENT, FILTER_GRADIENT,
            STRIDED_INPUT, STRIDED_POINTS, STRIDED_FILTER, STRIDED_OUTPUT, STRIDED_GRADIENT, STRIDED_FILTER_GRADIENT);
}
