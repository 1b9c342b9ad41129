package thaw.engine.nn;

import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import thaw.engine.Generator;
import thaw.engine.Tensor;
import thaw.kernels.Shape;

/**
 * Initial values for weights {@code [out, in]} and {@code [out, in/groups, R, S]}, drawn from a seeded generator. Fan-in is
 * the number of inputs that one output sums over, {@code in/groups·R·S}; fan-out is {@code out·R·S}.
 *
 * <p>With a null generator nothing is drawn and a weight keeps its values, for a network that is about to load weights;
 * {@link #orthogonal} requires a generator.
 */
public final class Init {

    /** The direction whose variance is preserved: activations in the forward pass, or gradients in the backward pass. */
    public enum Fan {
        /** The number of inputs of an output: preserves activations. */
        IN,
        /** The number of outputs of an input: preserves gradients. */
        OUT
    }

    /** The factor that makes up for ReLU's halving of the mean square (He et al. 2015, section 2.2). */
    public static final double RELU_GAIN = Math.sqrt(2);

    private Init() {
    }

    /** Draws from a uniform distribution over {@code [low, high)}. */
    public static void uniform(Tensor w, double low, double high, @Nullable Generator g) {
        if (g != null) {
            fill(w, () -> low + (high - low) * g.nextDouble());
        }
    }

    /** Draws from a normal (Gaussian) distribution. */
    public static void normal(Tensor w, double mean, double std, @Nullable Generator g) {
        if (g != null) {
            fill(w, () -> mean + std * g.nextGaussian());
        }
    }

    /** Sets all elements to one value. */
    public static void constant(Tensor w, double value) {
        fill(w, () -> value);
    }

    /** Draws from a normal distribution with {@code std = √2 / √fan}, for layers before ReLU (He et al. 2015). */
    public static void kaimingNormal(Tensor w, Fan fan, @Nullable Generator g) {
        normal(w, 0, RELU_GAIN / Math.sqrt(extent(w, fan)), g);
    }

    /** Draws from a uniform distribution with the same variance as {@link #kaimingNormal}: bound {@code √3·√2 / √fan}. */
    public static void kaimingUniform(Tensor w, Fan fan, @Nullable Generator g) {
        double bound = RELU_GAIN * Math.sqrt(3.0 / extent(w, fan));
        uniform(w, -bound, bound, g);
    }

    /** Uniform within {@code ±1/√fanIn}: PyTorch's default for convolutions and linear layers (Kaiming's for slope √5). Returns w. */
    public static Tensor defaultUniform(Tensor w, int fanIn, @Nullable Generator g) {
        double bound = 1 / Math.sqrt(fanIn);
        uniform(w, -bound, bound, g);
        return w;
    }

    /** Draws from a normal distribution with {@code std = gain · √(2 / (fanIn + fanOut))} (Glorot and Bengio 2010). */
    public static void xavierNormal(Tensor w, double gain, @Nullable Generator g) {
        normal(w, 0, gain * Math.sqrt(2.0 / (extent(w, Fan.IN) + extent(w, Fan.OUT))), g);
    }

    /** Uniform with bound {@code gain · √(6 / (fanIn + fanOut))} (Glorot and Bengio 2010, equation 16). */
    public static void xavierUniform(Tensor w, double gain, @Nullable Generator g) {
        double bound = gain * Math.sqrt(6.0 / (extent(w, Fan.IN) + extent(w, Fan.OUT)));
        uniform(w, -bound, bound, g);
    }

    /**
     * Makes the rows of the matrix {@code [out, rest]} (its columns, if there are fewer) orthogonal with length {@code gain}
     * (Saxe et al. 2013).
     *
     * @throws IllegalArgumentException if there is no generator, or the weight has fewer than two dimensions
     * @throws IllegalStateException    if EJML is missing; the message names the artifact to add
     */
    public static void orthogonal(Tensor w, double gain, Generator g) {
        if (g == null) {
            throw new IllegalArgumentException("orthogonal: the matrix is made from random numbers; pass a Generator, such as"
                    + " device.generator()");
        }
        requireMatrix(w);
        int rows = w.shape().dim(0);
        try {
            w.set(OrthogonalMatrix.draw(rows, w.shape().size() / rows, gain, g));
        } catch (NoClassDefFoundError missing) {
            throw new IllegalStateException("init: orthogonal weights need EJML, which is not on the class path or module path;"
                    + " add the artifact dev.thaw:thaw-ejml", missing);
        }
    }

    private static int extent(Tensor w, Fan fan) {
        requireMatrix(w);
        Shape s = w.shape();
        int receptiveField = s.size() / (s.dim(0) * s.dim(1));
        return receptiveField * (fan == Fan.IN ? s.dim(1) : s.dim(0));
    }

    private static void requireMatrix(Tensor w) {
        if (w.shape().rank() < 2 || w.shape().size() == 0) {
            throw new IllegalArgumentException("init: a weight of shape " + w.shape() + " has no fan-in and fan-out; at least"
                    + " two dimensions, and elements, are expected. Use uniform, normal or constant for it");
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
