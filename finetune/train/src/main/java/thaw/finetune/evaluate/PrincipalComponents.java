package thaw.finetune.evaluate;

import java.util.List;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;
import thaw.finetune.diagnostics.LinearCka;

/**
 * Principal component analysis of n examples: the orthogonal directions in which they vary most. With the centred examples as the rows
 * of X, the eigenvectors u of {@code XXᵀ} with the eigenvalues λ give the examples' coordinates {@code √λ·u}, for any number of features.
 *
 * @param coordinates {@code [n][components]}, those of the largest variance first; the sign of a component is chosen so that its largest
 *                    coordinate is positive
 * @param explained   the share of the variance along each component, 0 to 1; 0 if all examples are equal
 */
record PrincipalComponents(double[][] coordinates, double[] explained) {

    /**
     * The first components.
     *
     * @param features of each example, all of one length
     * @throws IllegalArgumentException if there are no examples, or they are not finite
     */
    static PrincipalComponents of(List<float[]> features, int components) {
        int width = features.isEmpty() ? 0 : features.get(0).length;
        float[] rows = new float[features.size() * width];
        for (int i = 0; i < features.size(); i++) {
            System.arraycopy(features.get(i), 0, rows, i * width, width);
        }
        DMatrixRMaj gram = new DMatrixRMaj(LinearCka.centredGram(rows, features.size()));
        EigenDecomposition_F64<DMatrixRMaj> found = DecompositionFactory_DDRM.eig(features.size(), true, true);
        if (!found.decompose(gram)) {
            throw new IllegalArgumentException("principal components: the features are not finite");
        }
        int[] order = IntStream.range(0, features.size()).boxed()
                .sorted((a, b) -> Double.compare(found.getEigenvalue(b).getReal(), found.getEigenvalue(a).getReal()))
                .mapToInt(Integer::intValue).toArray();
        double total = IntStream.of(order).mapToDouble(k -> Math.max(0, found.getEigenvalue(k).getReal())).sum();
        double[][] coordinates = new double[features.size()][components];
        double[] explained = new double[components];
        for (int c = 0; c < Math.min(components, order.length); c++) {
            double variance = Math.max(0, found.getEigenvalue(order[c]).getReal());
            DMatrixRMaj vector = found.getEigenVector(order[c]);
            double largest = 0;
            for (int i = 0; i < features.size(); i++) {
                coordinates[i][c] = Math.sqrt(variance) * vector.get(i);
                largest = Math.abs(coordinates[i][c]) > Math.abs(largest) ? coordinates[i][c] : largest;
            }
            for (int i = 0; i < features.size() && largest < 0; i++) {
                coordinates[i][c] = -coordinates[i][c];
            }
            explained[c] = total == 0 ? 0 : variance / total;
        }
        return new PrincipalComponents(coordinates, explained);
    }
}
