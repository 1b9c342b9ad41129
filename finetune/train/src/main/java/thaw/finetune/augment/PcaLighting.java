package thaw.finetune.augment;

import java.util.SplittableRandom;

/**
 * AlexNet's color augmentation (Krizhevsky et al. 2012, section 4.1): adds {@code Σ_k α_k λ_k p_k} to each pixel's color, where
 * {@code p_k} and {@code λ_k} are the principal components of ImageNet's colors and {@code α_k} is normal.
 *
 * @param std standard deviation of each {@code α}; the paper's is 0.1
 */
public record PcaLighting(double std) implements LightingTransform {
    /* For colors from 0 to 1, from the ImageNet training of Facebook's fb.resnet.torch; a column is a component. */
    private static final double[] EIGENVALUES = {0.2175, 0.0188, 0.0045};
    private static final double[][] EIGENVECTORS = {{-0.5675, 0.7192, 0.4009}, {-0.5808, -0.0045, -0.8140},
        {-0.5836, -0.6948, 0.4203}};

    /** @throws IllegalArgumentException if a setting is out of range */
    public PcaLighting {
        Range.require("PcaLighting std", std >= 0 && Double.isFinite(std), "0 or more", std);
    }

    @Override
    public Tone draw(Tone before, SplittableRandom random) {
        double[] added = new double[EIGENVECTORS.length];
        for (int k = 0; k < EIGENVALUES.length; k++) {
            double along = std * Chance.gaussian(random) * EIGENVALUES[k];
            for (int c = 0; c < added.length; c++) {
                added[c] += along * EIGENVECTORS[c][k];
            }
        }
        return before.plus(added[0], added[1], added[2]);
    }
}
