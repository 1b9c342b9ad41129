package thaw.kernels.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntBinaryOperator;
import org.junit.jupiter.api.Test;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

/** Elements that are moved as vectors are adjacent and aligned, by the formulas of {@code gemm_problem.cl} for each element. */
class GemmProblemTest {

    private static List<GemmProblem> problems() {
        SplittableRandom random = new SplittableRandom(4);
        List<GemmProblem> problems = new ArrayList<>();
        while (problems.size() < 400) {
            int kernel = random.nextInt(1, 4);
            Conv2dOptions options = new Conv2dOptions(random.nextInt(1, 3), random.nextInt(1, 3), random.nextInt(2),
                    random.nextInt(2), random.nextInt(1, 3), 1, 1);
            Shape x = Shape.of(random.nextInt(1, 4), random.nextInt(1, 9), random.nextInt(5, 13), random.nextInt(5, 13));
            Shape w = Shape.of(random.nextInt(1, 9), x.dim(1), kernel, random.nextBoolean() ? kernel : 1);
            if (random.nextBoolean()) {
                options = Conv2dOptions.of(1, 0);
            }
            Correlation c = new Correlation(x, w, options.outputShape(x, w), options);
            problems.add(c.forward());
            problems.add(c.weightGradient());
            problems.addAll(c.inputGradient());
            int m = random.nextInt(1, 20);
            int n = random.nextInt(1, 20);
            problems.add(GemmProblem.matrices(m, n, random.nextInt(1, 20), random.nextBoolean(), random.nextBoolean()));
            problems.add(GemmProblem.several(3, m, n, random.nextInt(1, 20)));
        }
        return problems;
    }

    /**
     * Asserts that each vector of elements is aligned and contiguous.
     *
     * @param along  the extent along which vectors run
     * @param across the other extent
     * @param place  an element's position by its index along and its index across
     */
    private static void assertVectors(int vector, int along, int across, IntBinaryOperator place, GemmProblem p) {
        if (vector == 1) {
            return;
        }
        assertEquals(0, along % vector, p::toString);
        for (int i = 0; i < across; i++) {
            for (int first = 0; first < along; first += vector) {
                int start = place.applyAsInt(first, i);
                assertEquals(0, start % vector, p::toString);
                for (int v = 1; v < vector; v++) {
                    assertEquals(start + v, place.applyAsInt(first + v, i), p::toString);
                }
            }
        }
    }

    private static int[] digits(int number, int second, int third) {
        return new int[] {number / third / second, number / third % second, number % third};
    }

    @Test
    void vectorsAreNeighbours() {
        int[] found = new int[3];
        for (GemmProblem p : problems()) {
            IntBinaryOperator left = (k, m) -> {
                int[] d = digits(k, p.depth1(), p.depth2());
                return p.a().start() + m * p.a().row() + d[0] * p.a().depth0() + d[1] * p.a().depth1() + d[2] * p.a().depth2();
            };
            IntBinaryOperator right = (k, n) -> {
                int[] d = digits(k, p.depth1(), p.depth2());
                int[] e = digits(n, p.column1(), p.column2());
                GemmProblem.Planes b = p.b();
                int h = b.startH() + e[1] * b.stepH() + d[1] * b.tapH();
                int v = b.startW() + e[2] * b.stepW() + d[2] * b.tapW();
                if (p.rightVector() > 1) {
                    assertTrue(h >= 0 && h < b.height() && v >= 0 && v < b.width(), p::toString);
                }
                return d[0] * b.depth0() + e[0] * b.column0() + h * b.width() + v;
            };
            IntBinaryOperator result = (n, m) -> {
                int[] e = digits(n, p.column1(), p.column2());
                return p.c().start() + m * p.c().row() + e[0] * p.c().column0() + e[1] * p.c().column1() + e[2] * p.c().column2();
            };
            if (p.isLeftAlongRows()) {
                assertVectors(p.leftVector(), p.rows(), p.depth(), (m, k) -> left.applyAsInt(k, m), p);
            } else {
                assertVectors(p.leftVector(), p.depth(), p.rows(), left, p);
            }
            if (p.alongDepth()) {
                assertVectors(p.rightVector(), p.depth(), p.columns(), right, p);
            } else {
                assertVectors(p.rightVector(), p.columns(), p.depth(), (n, k) -> right.applyAsInt(k, n), p);
            }
            assertVectors(p.resultVector(), p.columns(), p.rows(), result, p);
            found[0] += p.leftVector() > 1 ? 1 : 0;
            found[1] += p.rightVector() > 1 ? 1 : 0;
            found[2] += p.resultVector() > 1 ? 1 : 0;
        }
        for (int count : found) {
            assertTrue(count > 40, "vectors are used");
        }
    }

    /** The layers in which GPUs spend most of their time use vectors of 4, and Winograd's products vectors of 16. */
    @Test
    void wherePixelsAreSideBySideAllIsMovedInFours() {
        Conv2dOptions plain = Conv2dOptions.of(1, 0);
        Correlation c = new Correlation(Shape.of(8, 256, 14, 14), Shape.of(1024, 256, 1, 1), Shape.of(8, 1024, 14, 14), plain);
        for (GemmProblem p : List.of(c.forward(), c.weightGradient(), c.inputGradient().get(0))) {
            assertEquals(4, Math.min(p.leftVector(), Math.min(p.rightVector(), p.resultVector())), p::toString);
        }
        GemmProblem winograd = GemmProblem.several(36, 256, 128, 256);
        assertEquals(16, Math.min(winograd.leftVector(), Math.min(winograd.rightVector(), winograd.resultVector())));
    }
}
