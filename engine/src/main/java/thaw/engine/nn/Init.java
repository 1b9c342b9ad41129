package thaw.engine.nn;

import java.util.function.DoubleSupplier;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.QRDecomposition;
import thaw.engine.Generator;
import thaw.engine.Tensor;
import thaw.kernels.Shape;

/**
 * Initial values for weights {@code [out, in]} and {@code [out, in/groups, R, S]}, drawn from a seeded generator. Fan-in is the
 * number of inputs that one output sums over, {@code in·R·S}; fan-out the other way, {@code out·R·S}.
 *
 * <p>Without a generator (null) nothing is drawn and a weight stays as it is: for a network that is about to be given weights.
 */
public final class Init {

    /** Which of both directions keeps its variance: activations in the forward pass, or gradients in the backward pass. */
    public enum Fan {
        IN, OUT
    }

    /** What ReLU takes from the variance is given back by this factor (He et al. 2015, section 2.2). */
    public static final double RELU_GAIN = Math.sqrt(2);

    private Init() {
    }

    /** Uniform in {@code [low, high)}. */
    public static void uniform(Tensor w, double low, double high, Generator g) {
        if (g != null) {
            fill(w, () -> low + (high - low) * g.nextDouble());
        }
    }

    /** Normal (Gaussian). */
    public static void normal(Tensor w, double mean, double std, Generator g) {
        if (g != null) {
            fill(w, () -> mean + std * g.nextGaussian());
        }
    }

    public static void constant(Tensor w, double value) {
        fill(w, () -> value);
    }

    /** Normal with {@code std = √2 / √fan}, for layers before ReLU (He et al. 2015). */
    public static void kaimingNormal(Tensor w, Fan fan, Generator g) {
        normal(w, 0, RELU_GAIN / Math.sqrt(extent(w, fan)), g);
    }

    /** Uniform with the same variance as {@link #kaimingNormal}: bound {@code √3·√2 / √fan}. */
    public static void kaimingUniform(Tensor w, Fan fan, Generator g) {
        double bound = RELU_GAIN * Math.sqrt(3.0 / extent(w, fan));
        uniform(w, -bound, bound, g);
    }

    /** Uniform within {@code ±1/√fanIn}: PyTorch's default for convolutions and linear layers (Kaiming's, leaky by √5). */
    public static void defaultUniform(Tensor w, int fanIn, Generator g) {
        double bound = 1 / Math.sqrt(fanIn);
        uniform(w, -bound, bound, g);
    }

    /** Normal with {@code std = gain · √(2 / (fanIn + fanOut))} (Glorot and Bengio 2010). */
    public static void xavierNormal(Tensor w, double gain, Generator g) {
        normal(w, 0, gain * Math.sqrt(2.0 / (extent(w, Fan.IN) + extent(w, Fan.OUT))), g);
    }

    /** Uniform with bound {@code gain · √(6 / (fanIn + fanOut))} (Glorot and Bengio 2010, equation 16). */
    public static void xavierUniform(Tensor w, double gain, Generator g) {
        double bound = gain * Math.sqrt(6.0 / (extent(w, Fan.IN) + extent(w, Fan.OUT)));
        uniform(w, -bound, bound, g);
    }

    /**
     * As a matrix {@code [out, rest]}, rows (or columns, if there are more rows) that are orthogonal and of length
     * {@code gain} (Saxe et al. 2013): Q of the QR decomposition of a Gaussian matrix, each column times the sign of R's
     * diagonal, without which Q would not be uniformly distributed (Mezzadri 2007).
     */
    public static void orthogonal(Tensor w, double gain, Generator g) {
        requireMatrix(w);
        int rows = w.shape().dim(0);
        int cols = w.shape().size() / rows;
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
        w.set(values);
    }

    private static int extent(Tensor w, Fan fan) {
        requireMatrix(w);
        Shape s = w.shape();
        int receptiveField = s.size() / (s.dim(0) * s.dim(1));
        return receptiveField * (fan == Fan.IN ? s.dim(1) : s.dim(0));
    }

    private static void requireMatrix(Tensor w) {
        if (w.shape().rank() < 2 || w.shape().size() == 0) {
            throw new IllegalArgumentException("init: a weight " + w.shape() + " has no fan-in and fan-out; it needs two"
                    + " dimensions at least, and elements. Use uniform, normal or constant for it");
        }
    }

    private static void fill(Tensor w, DoubleSupplier next) {
        float[] values = new float[w.shape().size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) next.getAsDouble();
        }
        w.set(values);
    }
}
