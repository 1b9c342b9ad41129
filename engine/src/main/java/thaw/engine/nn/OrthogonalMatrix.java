package thaw.engine.nn;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.QRDecomposition;
import thaw.engine.Generator;

/** A random matrix with orthogonal rows or columns. A class of its own, so that {@link Init} loads without EJML. */
final class OrthogonalMatrix {

    private OrthogonalMatrix() {
    }

    /**
     * Draws Q of the QR decomposition of a Gaussian matrix, each column multiplied by the sign of R's diagonal, without which
     * Q would not be uniformly distributed (Mezzadri 2007).
     *
     * @return {@code [rows, cols]}, with orthogonal rows of length {@code gain}, or columns if there are fewer
     */
    static float[] draw(int rows, int cols, double gain, Generator g) {
        int tall = Math.max(rows, cols);
        int thin = Math.min(rows, cols);
        DMatrixRMaj gaussian = new DMatrixRMaj(tall, thin);
        for (int i = 0; i < gaussian.data.length; i++) {
            gaussian.data[i] = g.nextGaussian();
        }
        QRDecomposition<DMatrixRMaj> qr = DecompositionFactory_DDRM.qr(tall, thin);
        qr.decompose(gaussian);
        DMatrixRMaj q = qr.getQ(null, true);
        DMatrixRMaj r = qr.getR(null, true);
        float[] values = new float[rows * cols];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                int column = rows >= cols ? j : i;
                double element = rows >= cols ? q.get(i, j) : q.get(j, i);
                values[i * cols + j] = (float) (gain * Math.signum(r.get(column, column)) * element);
            }
        }
        return values;
    }
}
