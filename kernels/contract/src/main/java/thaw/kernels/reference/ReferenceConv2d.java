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
        forEachRow(x, w, y, o, (xi, wi, yi, count) -> {
            double one = w.data[wi];
            for (int j = 0; j < count; j++) {
                y.data[yi + j] += x.data[xi + j * o.strideW()] * one;
            }
        });
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
        forEachRow(gx, w, gy, o, (xi, wi, yi, count) -> {
            double one = w.data[wi];
            for (int j = 0; j < count; j++) {
                gx.data[xi + j * o.strideW()] += gy.data[yi + j] * one;
            }
        });
        return gx;
    }

    /** {@code gw[k, c, r, s] = Σ_n,i,j gy[n, k, i, j] · x[n, c, h, v]} */
    @Override
    public Array conv2dWeightGradient(Array gradient, Array input, Shape wShape, Conv2dOptions o) {
        ReferenceArray gy = memory.values(gradient);
        ReferenceArray x = memory.values(input);
        ReferenceArray gw = memory.zeros(wShape);
        forEachRow(x, gw, gy, o, (xi, wi, yi, count) -> {
            double sum = 0;
            for (int j = 0; j < count; j++) {
                sum += gy.data[yi + j] * x.data[xi + j * o.strideW()];
            }
            gw.data[wi] += sum;
        });
        return gw;
    }

    /** Terms of one row of outputs with one weight: the indices of the first, and the number of outputs that are neighbours in the row. */
    private interface Terms {
        void add(int x, int w, int y, int count);
    }

    private static void forEachRow(ReferenceArray x, ReferenceArray w, ReferenceArray y, Conv2dOptions o, Terms terms) {
        for (int n = 0; n < y.dim(0); n++) {
            for (int k = 0; k < y.dim(1); k++) {
                int firstChannel = k / (w.dim(0) / o.groups()) * w.dim(1);
                for (int i = 0; i < y.dim(2); i++) {
                    for (int c = 0; c < w.dim(1); c++) {
                        for (int r = 0; r < w.dim(2); r++) {
                            int h = i * o.strideH() + r * o.dilationH() - o.paddingH();
                            for (int s = 0; s < w.dim(3) && h >= 0 && h < x.dim(2); s++) {
                                int left = s * o.dilationW() - o.paddingW();
                                int from = Math.max(0, -Math.floorDiv(left, o.strideW()));
                                int to = Math.min(y.dim(3), Math.floorDiv(x.dim(3) - 1 - left, o.strideW()) + 1);
                                if (from < to) {
                                    terms.add(x.index(n, firstChannel + c, h, from * o.strideW() + left), w.index(k, c, r, s),
                                            y.index(n, k, i, from), to - from);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
