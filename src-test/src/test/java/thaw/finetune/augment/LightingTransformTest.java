package thaw.finetune.augment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LightingTransformTest {
    private static final int DRAWS = 20_000;

    /** {@code sigmoid((logit(x) + logit(0.58)) * 1.2)} times 255 at these samples, by PyTorch 2.13 in float64. */
    @Test
    void brightnessThenContrastEqualsPyTorch() {
        Tone tone = Tone.NEUTRAL.brightness(0.58).contrast(1.2);
        int[] samples = {0, 1, 64, 128, 200, 254, 255};
        double[] expected = {1.4953906945142875e-06, 0.4876663808441704, 72.41821554809388, 152.46555333820302,
            222.86187284976816, 254.77502102057431, 254.9999993108309};
        for (int i = 0; i < samples.length; i++) {
            assertEquals(expected[i], 255 * tone.apply(samples[i] / 255.0, 0), 1e-9);
        }
    }

    /** Brightness moves middle gray to the drawn value itself; contrast leaves it. */
    @Test
    void middleGray() {
        assertEquals(0.57, Tone.NEUTRAL.brightness(0.57).apply(0.5, 1), 1e-12);
        assertEquals(0.5, Tone.NEUTRAL.contrast(1.7).apply(0.5, 1), 1e-12);
        assertEquals(0.3, Tone.NEUTRAL.apply(0.3, 2), 0);
        assertEquals(Tone.NEUTRAL, new Brightness(0.2, 0).draw(Tone.NEUTRAL, new SplittableRandom(1)));
        assertEquals(0.3, new Contrast(0, 1).draw(Tone.NEUTRAL, new SplittableRandom(1)).apply(0.3, 0), 1e-12);
    }

    @Test
    void brightnessIsUniform() {
        SplittableRandom random = new SplittableRandom(2);
        double sum = 0;
        int drawn = 0;
        for (int i = 0; i < DRAWS; i++) {
            Tone tone = new Brightness(0.2, 0.75).draw(Tone.NEUTRAL, random);
            double middle = tone.apply(0.5, 0);
            assertTrue(middle >= 0.4 - 1e-12 && middle <= 0.6 + 1e-12);
            if (tone != Tone.NEUTRAL) {
                drawn++;
                sum += middle;
            }
        }
        assertEquals(0.75, (double) drawn / DRAWS, 0.015);
        assertEquals(0.5, sum / drawn, 0.002);
    }

    @Test
    void contrastIsAsOftenHigherAsLower() {
        SplittableRandom random = new SplittableRandom(3);
        double logs = 0;
        for (int i = 0; i < DRAWS; i++) {
            double scale = new Contrast(0.2, 1).draw(Tone.NEUTRAL, random).scale();
            assertTrue(scale >= 0.8 - 1e-12 && scale <= 1.25 + 1e-12);
            logs += Math.log(scale);
        }
        assertEquals(0, logs / DRAWS, 0.003);
    }

    /** Along a principal component color varies by its eigenvalue times 0.1; the components are orthogonal. */
    @Test
    void pcaLightingVariesAsImageNetDoes() {
        SplittableRandom random = new SplittableRandom(4);
        double[][] components = {{-0.5675, -0.5808, -0.5836}, {0.7192, -0.0045, -0.6948}, {0.4009, -0.8140, 0.4203}};
        double[] squares = new double[3];
        for (int i = 0; i < DRAWS; i++) {
            Tone tone = new PcaLighting(0.1).draw(Tone.NEUTRAL, random);
            for (int k = 0; k < 3; k++) {
                double along = components[k][0] * tone.red() + components[k][1] * tone.green() + components[k][2] * tone.blue();
                squares[k] += along * along / DRAWS;
            }
        }
        assertEquals(0.02175, Math.sqrt(squares[0]), 0.0005);
        assertEquals(0.00188, Math.sqrt(squares[1]), 0.0001);
        assertEquals(0.00045, Math.sqrt(squares[2]), 0.00005);
        assertEquals(Tone.NEUTRAL.apply(0.4, 0), new PcaLighting(0).draw(Tone.NEUTRAL, random).apply(0.4, 0));
    }
}
