package thaw.finetune.check;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * Moves and scales a thumbnail along each axis until it fits another best, by Gauss and Newton's method (Lucas and Kanade, "An Iterative
 * Image Registration Technique", IJCAI 1981) from coarse to fine. A pixel at (x, y) of image a, from -1/2 to 1/2, is that of b at
 * {@code (x + p₀ + p₁x, y + p₂ + p₃y)}. With the deviations a and b from the means over the pixels that both images have, the gain k
 * and the derivatives J of b by p, a step adds
 *
 * <pre>
 * Δp = (JᵀJ)⁻¹·Jᵀ(a − k·b) / k          k = a·b / b·b
 * </pre>
 */
final class Alignment {

    private static final int[] SIDES = {8, 16, 32};
    /** Images less alike than this after alignment at a coarse level stay so at finer ones. */
    private static final double[] LEAST = {0.7, 0.8, -1};
    private static final int STEPS = 6;
    private static final int PARAMETERS = 4;
    /** A greater shift or change of scale leaves too little of the images to compare. */
    private static final double MOST = 0.15;
    private static final double DAMPING = 1e-3;

    private final int side;
    private final float[] a;
    private final float[] b;
    private final double[] p;
    private double correlation = -1;

    private Alignment(int side, float[] a, float[] b, double[] p) {
        this.side = side;
        this.a = a;
        this.b = b;
        this.p = p;
    }

    /**
     * The correlation of two thumbnails of {@link ImageTraits#SIDE} pixels, -1 to 1, after alignment. Noise of one level of luma in each
     * image is taken into account, so that images of one colour are not alike.
     *
     * @param detail the short side of the smaller image: thumbnails of more pixels would compare what an enlargement adds
     */
    static double correlation(byte[] a, byte[] b, double detail) {
        double[] p = new double[PARAMETERS];
        double correlation = -1;
        for (int level = 0; level < SIDES.length && (level == 0 || SIDES[level] <= detail); level++) {
            Alignment alignment = new Alignment(SIDES[level], reduced(a, SIDES[level]), reduced(b, SIDES[level]), p);
            int steps = 0;
            while (steps < STEPS && alignment.step()) {
                steps++;
            }
            correlation = alignment.correlation;
            if (correlation < LEAST[level]) {
                break;
            }
        }
        return correlation;
    }

    /** The means of squares of a thumbnail, {@code [side * side]}. */
    static float[] reduced(byte[] thumbnail, int side) {
        int scale = ImageTraits.SIDE / side;
        float[] sums = new float[side * side];
        for (int i = 0; i < thumbnail.length; i++) {
            sums[i / ImageTraits.SIDE / scale * side + i % ImageTraits.SIDE / scale] += thumbnail[i] & 0xff;
        }
        for (int i = 0; i < sums.length; i++) {
            sums[i] /= scale * scale;
        }
        return sums;
    }

    /** Measures the correlation at p and takes a step; false if there is too little to compare. */
    private boolean step() {
        int pixels = 0;
        double[] means = new double[PARAMETERS];
        double[] withA = new double[PARAMETERS];
        double[] withB = new double[PARAMETERS];
        double[] j = new double[PARAMETERS];
        DMatrixRMaj normal = new DMatrixRMaj(PARAMETERS, PARAMETERS);
        double sumA = 0;
        double sumB = 0;
        double aa = 0;
        double bb = 0;
        double ab = 0;
        for (int row = 0; row < side; row++) {
            double v = (row + 0.5) / side - 0.5;
            double y = (v + p[2] + p[3] * v + 0.5) * side - 0.5;
            for (int column = 0; column < side; column++) {
                double u = (column + 0.5) / side - 0.5;
                double x = (u + p[0] + p[1] * u + 0.5) * side - 0.5;
                if (x < 0 || y < 0 || x > side - 1 || y > side - 1) {
                    continue;
                }
                int left = Math.min((int) x, side - 2);
                int top = Math.min((int) y, side - 2);
                int at = top * side + left;
                double fx = x - left;
                double fy = y - top;
                double upper = b[at] + fx * (b[at + 1] - b[at]);
                double lower = b[at + side] + fx * (b[at + side + 1] - b[at + side]);
                double of = upper + fy * (lower - upper);
                double value = a[row * side + column];
                j[0] = side * ((1 - fy) * (b[at + 1] - b[at]) + fy * (b[at + side + 1] - b[at + side]));
                j[1] = j[0] * u;
                j[2] = side * (lower - upper);
                j[3] = j[2] * v;
                pixels++;
                sumA += value;
                sumB += of;
                aa += value * value;
                bb += of * of;
                ab += value * of;
                for (int k = 0; k < PARAMETERS; k++) {
                    means[k] += j[k];
                    withA[k] += j[k] * value;
                    withB[k] += j[k] * of;
                    for (int l = 0; l < PARAMETERS; l++) {
                        normal.add(k, l, j[k] * j[l]);
                    }
                }
            }
        }
        if (2 * pixels < side * side) {
            return false;
        }
        aa += pixels - sumA * sumA / pixels;
        bb += pixels - sumB * sumB / pixels;
        ab -= sumA * sumB / pixels;
        correlation = Math.max(correlation, ab / Math.sqrt(aa * bb));
        double gain = ab / bb;
        if (!(gain > 0)) {
            return false;
        }
        DMatrixRMaj residual = new DMatrixRMaj(PARAMETERS, 1);
        double trace = 0;
        for (int k = 0; k < PARAMETERS; k++) {
            residual.set(k, 0, (withA[k] - means[k] * sumA / pixels) / gain - (withB[k] - means[k] * sumB / pixels));
            for (int l = 0; l < PARAMETERS; l++) {
                normal.add(k, l, -means[k] * means[l] / pixels);
            }
            trace += normal.get(k, k);
        }
        for (int k = 0; k < PARAMETERS; k++) {
            normal.add(k, k, DAMPING * trace / PARAMETERS + Double.MIN_NORMAL);
        }
        DMatrixRMaj change = new DMatrixRMaj(PARAMETERS, 1);
        if (!CommonOps_DDRM.solve(normal, residual, change)) {
            return false;
        }
        for (int k = 0; k < PARAMETERS; k++) {
            p[k] = Math.max(-MOST, Math.min(MOST, p[k] + change.get(k, 0)));
        }
        return true;
    }
}
