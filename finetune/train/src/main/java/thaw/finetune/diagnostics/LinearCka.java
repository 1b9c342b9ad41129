package thaw.finetune.diagnostics;

/**
 * Linear centred kernel alignment (Kornblith et al. 2019, "Similarity of neural network representations revisited", section 3):
 * for the outputs X and Y of two networks, or layers, for the same n examples, one row per example, with centred columns,
 *
 * <pre>
 * CKA(X, Y) = ‖YᵀX‖²_F / (‖XᵀX‖_F · ‖YᵀY‖_F) = ⟨K, L⟩_F / (‖K‖_F · ‖L‖_F),   K = XXᵀ, L = YYᵀ
 * </pre>
 *
 * It is 1 if Y is X rotated, reflected, shifted or scaled isotropically, and near 0 if they are unrelated. The right-hand form
 * needs only an n × n matrix of each, for any number of features.
 */
public final class LinearCka {

    private LinearCka() {
    }

    /**
     * The Gram matrix {@code K[i][j] = ⟨x_i − x̄, x_j − x̄⟩}.
     *
     * @param features {@code [examples, …]} in row-major order
     * @throws IllegalArgumentException if {@code features} is empty, or its length is not a multiple of {@code examples}
     */
    public static double[][] centredGram(float[] features, int examples) {
        if (examples < 1 || features.length == 0 || features.length % examples != 0) {
            throw new IllegalArgumentException("CKA: " + features.length + " numbers cannot be divided into features of "
                    + examples + " examples");
        }
        int width = features.length / examples;
        double[] mean = new double[width];
        for (int i = 0; i < features.length; i++) {
            mean[i % width] += features[i] / (double) examples;
        }
        double[][] gram = new double[examples][examples];
        for (int i = 0; i < examples; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = 0;
                for (int k = 0; k < width; k++) {
                    sum += (features[i * width + k] - mean[k]) * (features[j * width + k] - mean[k]);
                }
                gram[i][j] = sum;
                gram[j][i] = sum;
            }
        }
        return gram;
    }

    /**
     * The CKA of two {@linkplain #centredGram centred Gram matrices} of the same examples, 0 to 1; NaN if one of them is zero,
     * which means that its features are equal for all examples.
     *
     * @throws IllegalArgumentException if the matrices are of different sizes
     */
    public static double of(double[][] k, double[][] l) {
        return product(k, l) / Math.sqrt(product(k, k) * product(l, l));
    }

    private static double product(double[][] a, double[][] b) {
        if (a.length != b.length) {
            throw new IllegalArgumentException("CKA: Gram matrices of " + a.length + " and " + b.length
                    + " examples; both must be of the same examples");
        }
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a.length; j++) {
                sum += a[i][j] * b[i][j];
            }
        }
        return sum;
    }
}
