package thaw.kernels.reference;

import thaw.kernels.Array;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.ConvolutionOps;
import thaw.kernels.Epilogue;
import thaw.kernels.Shape;

/**
 * Convolution and its gradients: three sums over the same terms. A term connects output {@code [n, k, i, j]}, weight
 * {@code [k, c, r, s]} and input {@code [n, g·C/groups + c, h, v]}, where {@code g} is the group of {@code k},
 * {@code h = i·stride + r·dilation − padding} and {@code v = j·stride + s·dilation − padding}; the input is zero outside
 * the image, so that such terms are left out.
 */
final class ReferenceConv2d implements ConvolutionOps {

    private final ReferenceMemory memory;

    ReferenceConv2d(ReferenceMemory memory) {
        this.memory = memory;
    }

    /** {@code y[n, k, i, j] = Σ_c,r,s x[n, c, h, v] · w[k, c, r, s]}, followed by the epilogue */
    @Override
    public Array conv2d(Array input, Array weight, Epilogue epilogue, Conv2dOptions o) {
        ReferenceArray x = memory.values(input);
        ReferenceArray w = memory.values(weight);
        ReferenceArray y = memory.zeros(o.outputShape(x.shape(), w.shape()));
        forEachTerm(x, w, y, o, (xi, wi, yi) -> y.data[yi] += x.data[xi] * w.data[wi]);
        ReferenceEpilogue.apply(y, memory.orNull(epilogue.scale()), memory.orNull(epilogue.shift()),
                memory.orNull(epilogue.residual()), epilogue.relu());
        return y;
    }

    /** {@code gx[n, c, h, v] = Σ_k,i,j,r,s gy[n, k, i, j] · w[k, c, r, s]} */
    @Override
    public Array conv2dInputGradient(Array gradient, Array weight, Shape xShape, Conv2dOptions o) {
        ReferenceArray gy = memory.values(gradient);
        ReferenceArray w = memory.values(weight);
        ReferenceArray gx = memory.zeros(xShape);
        forEachTerm(gx, w, gy, o, (xi, wi, yi) -> gx.data[xi] += gy.data[yi] * w.data[wi]);
        return gx;
    }

    /** {@code gw[k, c, r, s] = Σ_n,i,j gy[n, k, i, j] · x[n, c, h, v]} */
    @Override
    public Array conv2dWeightGradient(Array gradient, Array input, Shape wShape, Conv2dOptions o) {
        ReferenceArray gy = memory.values(gradient);
        ReferenceArray x = memory.values(input);
        ReferenceArray gw = memory.zeros(wShape);
        forEachTerm(x, gw, gy, o, (xi, wi, yi) -> gw.data[wi] += gy.data[yi] * x.data[xi]);
        return gw;
    }

    /** A term by the indices of its elements. */
    private interface Term {
        void add(int x, int w, int y);
    }

    private static void forEachTerm(ReferenceArray x, ReferenceArray w, ReferenceArray y, Conv2dOptions o, Term term) {
        for (int n = 0; n < y.dim(0); n++) {
            for (int k = 0; k < y.dim(1); k++) {
                int firstChannel = k / (w.dim(0) / o.groups()) * w.dim(1);
                for (int i = 0; i < y.dim(2); i++) {
                    for (int j = 0; j < y.dim(3); j++) {
                        int to = y.index(n, k, i, j);
                        for (int c = 0; c < w.dim(1); c++) {
                            for (int r = 0; r < w.dim(2); r++) {
                                for (int s = 0; s < w.dim(3); s++) {
                                    int h = i * o.strideH() + r * o.dilationH() - o.paddingH();
                                    int v = j * o.strideW() + s * o.dilationW() - o.paddingW();
                                    if (h >= 0 && h < x.dim(2) && v >= 0 && v < x.dim(3)) {
                                        term.add(x.index(n, firstChannel + c, h, v), w.index(k, c, r, s), to);
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
