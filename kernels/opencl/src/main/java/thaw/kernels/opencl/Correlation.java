package thaw.kernels.opencl;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

/**
 * A convolution of one group, and its gradients, as products of matrices (implicit GEMM; Chetlur et al. 2014, section 3).
 *
 * @param x {@code [N, C, H, W]}
 * @param w {@code [K, C, R, S]}
 * @param y {@code [N, K, OH, OW]}
 */
record Correlation(Shape x, Shape w, Shape y, Conv2dOptions options) {

    private int images() {
        return x.dim(0);
    }

    private int inputs() {
        return x.dim(1);
    }

    private int outputs() {
        return w.dim(0);
    }

    /** Weights per pair of channels. */
    private int taps() {
        return w.dim(2) * w.dim(3);
    }

    private static int plane(Shape image) {
        return image.dim(2) * image.dim(3);
    }

    private static int image(Shape images) {
        return images.dim(1) * plane(images);
    }

    /** {@code y[k, (n, i, j)] = Σ w[k, (c, r, s)] · x[n, c, i·stride + r·dilation − padding, …]}. */
    GemmProblem forward() {
        Conv2dOptions o = options;
        return new GemmProblem(1, outputs(), images() * plane(y), inputs() * taps(), w.dim(2), w.dim(3), y.dim(2), y.dim(3),
                false, new GemmProblem.Left(0, inputs() * taps(), taps(), w.dim(3), 1, 0),
                new GemmProblem.Planes(plane(x), image(x), o.dilationH(), o.dilationW(), -o.paddingH(), -o.paddingW(),
                        o.strideH(), o.strideW(), x.dim(2), x.dim(3), x.size(), 0),
                new GemmProblem.Result(0, plane(y), image(y), y.dim(3), 1, 0));
    }

    /** {@code gw[k, (c, r, s)] = Σ gy[k, (n, i, j)] · x[n, c, i·stride + r·dilation − padding, …]}. */
    GemmProblem weightGradient() {
        Conv2dOptions o = options;
        return new GemmProblem(1, outputs(), inputs() * taps(), images() * plane(y), y.dim(2), y.dim(3), w.dim(2), w.dim(3),
                true, new GemmProblem.Left(0, plane(y), image(y), y.dim(3), 1, 0),
                new GemmProblem.Planes(image(x), plane(x), o.strideH(), o.strideW(), -o.paddingH(), -o.paddingW(),
                        o.dilationH(), o.dilationW(), x.dim(2), x.dim(3), x.size(), 0),
                new GemmProblem.Result(0, inputs() * taps(), taps(), w.dim(3), 1, 0));
    }

    /**
     * The gradient of the input, {@code gx[n, c, h, v] = Σ w[k, c, r, s] · gy[n, k, i, j]} over
     * {@code i·stride = h + padding − r·dilation}. The taps r for which this has a solution depend on h modulo the stride:
     * each such phase of the image's rows and columns is a separate product, of stride 1, with those taps alone.
     */
    List<GemmProblem> inputGradient() {
        List<GemmProblem> phases = new ArrayList<>();
        for (Phase v : phases(x.dim(2), w.dim(2), options.strideH(), options.paddingH(), options.dilationH())) {
            for (Phase h : phases(x.dim(3), w.dim(3), options.strideW(), options.paddingW(), options.dilationW())) {
                phases.add(inputGradient(v, h));
            }
        }
        return phases;
    }

    private GemmProblem inputGradient(Phase v, Phase h) {
        int ofPhase = v.taps * h.taps;
        return new GemmProblem(1, inputs(), images() * v.extent * h.extent, outputs() * ofPhase, Math.max(1, v.taps),
                Math.max(1, h.taps), v.extent, h.extent, false,
                new GemmProblem.Left(v.firstTap * w.dim(3) + h.firstTap, taps(), inputs() * taps(), v.tapStep * w.dim(3),
                        h.tapStep, 0),
                new GemmProblem.Planes(plane(y), image(y), v.move, h.move, v.start, h.start, 1, 1, y.dim(2), y.dim(3), y.size(),
                        0),
                new GemmProblem.Result(v.first * x.dim(3) + h.first, plane(x), image(x), options.strideH() * x.dim(3),
                        options.strideW(), 0));
    }

    /**
     * Every stride-th line of an image, from {@code first} on.
     *
     * @param extent the number of these lines
     * @param taps   the number of the filter's taps that they meet; the first is {@code firstTap}, the others follow
     *     {@code tapStep} apart
     * @param start  the line of gy that the first line meets through the first tap; the next line meets the next one
     * @param move   from there to the line that it meets through the next tap
     */
    private record Phase(int first, int extent, int taps, int firstTap, int tapStep, int start, int move) {
    }

    private static List<Phase> phases(int extent, int kernel, int stride, int padding, int dilation) {
        int tapStep = stride / BigInteger.valueOf(stride).gcd(BigInteger.valueOf(dilation)).intValueExact();
        List<Phase> phases = new ArrayList<>();
        for (int first = 0; first < Math.min(stride, extent); first++) {
            int tap = 0;
            while (tap < tapStep && Math.floorMod(first + padding - tap * dilation, stride) != 0) {
                tap++;
            }
            boolean meets = tap < tapStep && tap < kernel;
            phases.add(new Phase(first, (extent - first + stride - 1) / stride,
                    meets ? (kernel - tap + tapStep - 1) / tapStep : 0, meets ? tap : 0, tapStep,
                    meets ? (first + padding - tap * dilation) / stride : 0, -dilation * tapStep / stride));
        }
        return phases;
    }
}
