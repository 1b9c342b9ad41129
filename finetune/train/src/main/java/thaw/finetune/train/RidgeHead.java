package thaw.finetune.train;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/**
 * A linear classifier in closed form: ridge regression (Hoerl and Kennard 1970) of the classes' indicators on features. For n
 * images with centred features X and indicators Y, and X·Xᵀ = U·diag(d)·Uᵀ,
 *
 * <pre>
 * W = (XᵀX + λ)⁻¹·XᵀY = Xᵀ·U·diag(1/(d + λ))·UᵀY
 * H = 1/n + U·diag(d/(d + λ))·Uᵀ
 * ŷᵢ = yᵢ − (yᵢ − (HY)ᵢ)/(1 − Hᵢᵢ)          the scores of image i by a fit to all others (Allen 1974)
 * </pre>
 *
 * The strength λ is that of the lowest cross-entropy of ŷ with {@link TemperatureScaling}, and the scores have its factor: they fit
 * images that the classifier has not seen, and training can go on from them.
 *
 * @param weight {@code [classes, features]}, row by row
 * @param bias   {@code [classes]}
 * @param held   the chosen ŷ with that factor, {@code [images][classes]}
 * @param loss   their mean cross-entropy, the lowest
 */
record RidgeHead(float[] weight, float[] bias, double[][] held, double loss) {

    /** The strengths, as powers of ten times the mean eigenvalue. */
    private static final double LEAST_POWER = -5;
    private static final double MOST_POWER = 3;
    private static final double STEP = 0.5;
    /** Eigenvalues below this part of the largest are rounding errors. */
    private static final double RANK_TOLERANCE = 1e-10;

    /**
     * Fits a classifier.
     *
     * @param features {@code [images, features]}
     * @param labels   the class of each image
     */
    static RidgeHead fit(DMatrixRMaj features, int[] labels, int classes) {
        DMatrixRMaj x = features.copy();
        DMatrixRMaj y = new DMatrixRMaj(labels.length, classes);
        IntStream.range(0, labels.length).forEach(i -> y.set(i, labels[i], 1));
        double[] xMean = centre(x);
        double[] yMean = centre(y);
        Spectrum spectrum = Spectrum.of(x);
        DMatrixRMaj uy = new DMatrixRMaj(spectrum.d.length, classes);
        CommonOps_DDRM.multTransA(spectrum.u, y, uy);
        double unit = IntStream.range(0, spectrum.d.length).mapToDouble(k -> spectrum.d[k]).average().orElse(1);
        TemperatureScaling best = new TemperatureScaling(1, Double.POSITIVE_INFINITY);
        double strength = unit;
        double[][] held = new double[labels.length][classes];
        for (double power = LEAST_POWER; power <= MOST_POWER; power += STEP) {
            double lambda = unit * Math.pow(10, power);
            double[][] scores = spectrum.leaveOneOut(y, uy, yMean, lambda);
            TemperatureScaling scaled = TemperatureScaling.of(scores, labels);
            if (scaled.loss() < best.loss()) {
                best = scaled;
                strength = lambda;
                held = scores;
            }
        }
        double factor = best.factor();
        Arrays.stream(held).forEach(row -> Arrays.setAll(row, c -> factor * row[c]));
        double chosen = strength;
        DMatrixRMaj w = new DMatrixRMaj(classes, x.numCols);
        CommonOps_DDRM.multTransA(factor, spectrum.times(uy, d -> 1 / (d + chosen)), x, w);
        float[] weight = new float[w.data.length];
        float[] bias = new float[classes];
        for (int c = 0; c < classes; c++) {
            double atMean = 0;
            for (int j = 0; j < x.numCols; j++) {
                weight[c * x.numCols + j] = (float) w.get(c, j);
                atMean += w.get(c, j) * xMean[j];
            }
            bias[c] = (float) (factor * yMean[c] - atMean);
        }
        return new RidgeHead(weight, bias, held, best.loss());
    }

    /**
     * The eigenvalues d of X·Xᵀ that are not 0, and the eigenvectors as columns of u; from XᵀX, whose eigenvectors v give
     * {@code u = Xv/√d}, if that is smaller.
     */
    private record Spectrum(double[] d, DMatrixRMaj u) {

        static Spectrum of(DMatrixRMaj x) {
            boolean wide = x.numRows <= x.numCols;
            int side = Math.min(x.numRows, x.numCols);
            DMatrixRMaj square = new DMatrixRMaj(side, side);
            if (wide) {
                CommonOps_DDRM.multTransB(x, x, square);
            } else {
                CommonOps_DDRM.multTransA(x, x, square);
            }
            EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(side, true, true);
            // Features that are not finite have no decomposition: then no weights, and the loss of the next step reports them.
            int found = eigen.decompose(square) ? side : 0;
            double[] values = IntStream.range(0, found).mapToDouble(k -> eigen.getEigenvalue(k).getReal()).toArray();
            double largest = IntStream.range(0, found).mapToDouble(k -> values[k]).max().orElse(0);
            int[] kept = IntStream.range(0, found).filter(k -> values[k] > RANK_TOLERANCE * largest).toArray();
            double[] d = IntStream.of(kept).mapToDouble(k -> values[k]).toArray();
            DMatrixRMaj u = new DMatrixRMaj(x.numRows, kept.length);
            DMatrixRMaj column = new DMatrixRMaj(x.numRows, 1);
            for (int k = 0; k < kept.length; k++) {
                DMatrixRMaj v = eigen.getEigenVector(kept[k]);
                if (!wide) {
                    CommonOps_DDRM.mult(1 / Math.sqrt(d[k]), x, v, column);
                }
                CommonOps_DDRM.insert(wide ? v : column, u, 0, k);
            }
            return new Spectrum(d, u);
        }

        /** {@code U·diag(f(d))·uy}. */
        DMatrixRMaj times(DMatrixRMaj uy, DoubleUnaryOperator f) {
            DMatrixRMaj scaled = uy.copy();
            for (int i = 0; i < scaled.data.length; i++) {
                scaled.data[i] *= f.applyAsDouble(d[i / uy.numCols]);
            }
            DMatrixRMaj product = new DMatrixRMaj(u.numRows, uy.numCols);
            CommonOps_DDRM.mult(u, scaled, product);
            return product;
        }

        /** The scores of each image by a fit to all others. */
        double[][] leaveOneOut(DMatrixRMaj y, DMatrixRMaj uy, double[] yMean, double lambda) {
            DMatrixRMaj fit = times(uy, value -> value / (value + lambda));
            double[][] scores = new double[y.numRows][y.numCols];
            for (int i = 0; i < y.numRows; i++) {
                double own = 1.0 / y.numRows;
                for (int k = 0; k < d.length; k++) {
                    own += u.get(i, k) * u.get(i, k) * d[k] / (d[k] + lambda);
                }
                for (int c = 0; c < y.numCols; c++) {
                    scores[i][c] = yMean[c] + y.get(i, c) - (y.get(i, c) - fit.get(i, c)) / (1 - own);
                }
            }
            return scores;
        }
    }

    /** Subtracts the mean of each column, and returns the means. */
    private static double[] centre(DMatrixRMaj m) {
        double[] mean = CommonOps_DDRM.sumCols(m, null).data;
        for (int j = 0; j < mean.length; j++) {
            mean[j] /= m.numRows;
        }
        for (int i = 0; i < m.data.length; i++) {
            m.data[i] -= mean[i % m.numCols];
        }
        return mean;
    }
}
