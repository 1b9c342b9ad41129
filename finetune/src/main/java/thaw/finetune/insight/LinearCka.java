package thaw.finetune.insight;

/**
 * Linear centred kernel alignment (Kornblith et al. 2019, "Similarity of neural network representations revisited", section 3):
 * for the outputs X and Y of two networks, or layers, for the same n examples, a row for each, with the columns centred,
 *
 * <pre>
 * CKA(X, Y) = ‖YᵀX‖²_F / (‖XᵀX‖_F · ‖YᵀY‖_F) = ⟨K, L⟩_F / (‖K‖_F · ‖L‖_F),   K = XXᵀ, L = YYᵀ
 * </pre>
 *
 * It is 1 where Y is X turned, mirrored, moved or scaled as a whole, and near 0 where they have nothing in common. The right
 * form needs but n × n numbers to be kept of each, however many features there are.
 */
public final class LinearCka {

    private LinearCka() {
    }

    /**
     * The Gram matrix {@code K[i][j] = ⟨x_i − x̄, x_j − x̄⟩}.
     *
     * @param features {@code [examples, …]} row by row
     * @throws IllegalArgumentException if they are not so many rows of equal length
     */
    public static double[][] centredGram(float[] features, int examples) {
        if (examples < 1 || features.length == 0 || features.length % examples != 0) {
            throw new IllegalArgumentException("CKA: " + features.length + " numbers are no features of " + examples
                    + " examples");
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
     * The alignment of two {@linkplain #centredGram centred Gram matrices} of the same examples, 0 to 1; NaN if all examples
     * look the same to one of them.
     */
    public static double of(double[][] k, double[][] l) {
        return product(k, l) / Math.sqrt(product(k, k) * product(l, l));
    }

    private static double product(double[][] a, double[][] b) {
        if (a.length != b.length) {
            throw new IllegalArgumentException("CKA: Gram matrices of " + a.length + " and " + b.length
                    + " examples; both must be of the same ones");
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
