package thaw.finetune.diagnostics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.ejml.simple.SimpleMatrix;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class LinearCkaTest {

    private static double cka(float[] x, float[] y, int examples) {
        return LinearCka.of(LinearCka.centredGram(x, examples), LinearCka.centredGram(y, examples));
    }

    @Test
    void handValues() {
        float[] x = {1, 2, 3};
        float[] y = {5, 2, 5};
        assertArrayEquals(new double[] {1, 0, -1}, LinearCka.centredGram(x, 3)[0]);
        assertEquals(1, cka(x, x, 3), 1e-12);
        assertEquals(0, cka(x, y, 3), 1e-12);
        // ⟨x,z⟩² / (‖x‖²·‖z‖²) for single columns: x·z = 2, |x|² = 2, z = x + y' with y' = (1,−2,1), |z|² = 8
        assertEquals(4.0 / 16, cka(x, new float[] {0, -2, 2}, 3), 1e-12);
        // two columns (x, y') against x: K·K_x = 4, ‖K_x‖ = 2, ‖K‖ = √(2² + 6²)
        assertEquals(4 / (2 * Math.sqrt(40)), cka(new float[] {-1, 1, 0, -2, 1, 1}, x, 3), 1e-12);
    }

    @RepeatedTest(5)
    void turningMovingAndScalingChangeNothing(RepetitionInfo info) {
        SplittableRandom random = new SplittableRandom(info.getCurrentRepetition());
        int n = 3 + random.nextInt(6);
        int p = 2 + random.nextInt(5);
        SimpleMatrix x = random(n, p, random);
        SimpleMatrix turn = random(p, p, random).svd().getU();
        SimpleMatrix y = x.mult(turn).scale(0.1 + 5 * random.nextDouble()).plus(random.nextDouble(-3, 3));
        assertEquals(1, cka(floats(x), floats(y), n), 1e-5);
        SimpleMatrix z = random(n, p + 1, random);
        double alignment = cka(floats(x), floats(z), n);
        assertEquals(alignment, cka(floats(y), floats(z), n), 1e-5);
        assertEquals(alignment, cka(floats(z), floats(x), n), 1e-12);
        assertTrue(alignment > 0 && alignment < 1, "alignment " + alignment);
        assertEquals(byFeatures(x, z), alignment, 1e-5);
    }

    /** The formula's other form, ‖ZᵀX‖² / (‖XᵀX‖·‖ZᵀZ‖) with centred columns. */
    private static double byFeatures(SimpleMatrix x, SimpleMatrix z) {
        SimpleMatrix a = centred(x);
        SimpleMatrix b = centred(z);
        return Math.pow(b.transpose().mult(a).normF(), 2) / (a.transpose().mult(a).normF() * b.transpose().mult(b).normF());
    }

    private static SimpleMatrix centred(SimpleMatrix x) {
        SimpleMatrix ones = new SimpleMatrix(x.getNumRows(), x.getNumRows());
        ones.fill(1.0 / x.getNumRows());
        return x.minus(ones.mult(x));
    }

    private static SimpleMatrix random(int rows, int columns, SplittableRandom random) {
        SimpleMatrix m = new SimpleMatrix(rows, columns);
        for (int i = 0; i < rows * columns; i++) {
            m.set(i, random.nextDouble(-1, 1));
        }
        return m;
    }

    private static float[] floats(SimpleMatrix m) {
        float[] values = new float[m.getNumElements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) m.get(i);
        }
        return values;
    }

    @Test
    void whatIsNoSetOfExamplesIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> LinearCka.centredGram(new float[5], 2));
        assertThrows(IllegalArgumentException.class, () -> LinearCka.of(new double[2][2], new double[3][3]));
        assertTrue(Double.isNaN(cka(new float[] {1, 1}, new float[] {1, 2}, 2)));
    }
}
