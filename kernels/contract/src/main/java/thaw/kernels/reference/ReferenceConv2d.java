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
        int step = o.strideW();
        ReferenceArray y = memory.zeros(o.outputShape(x.shape(), w.shape()));
        forEachRow(x, w, y, o, (xi, wi, yi, count) -> {
            for (int j = 0; j < count; j++) {
                y.data[yi + j] += x.data[xi + j * step] * w.data[wi];
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
        int step = o.strideW();
        ReferenceArray gx = memory.zeros(xShape);
        forEachRow(gx, w, gy, o, (xi, wi, yi, count) -> {
            for (int j = 0; j < count; j++) {
                gx.data[xi + j * step] += gy.data[yi + j] * w.data[wi];
            }
        });
        return gx;
    }

    /** {@code gw[k, c, r, s] = Σ_n,i,j gy[n, k, i, j] · x[n, c, h, v]} */
    @Override
    public Array conv2dWeightGradient(Array gradient, Array input, Shape wShape, Conv2dOptions o) {
        ReferenceArray gy = memory.values(gradient);
        ReferenceArray x = memory.values(input);
        int step = o.strideW();
        ReferenceArray gw = memory.zeros(wShape);
        forEachRow(x, gw, gy, o, (xi, wi, yi, count) -> {
            for (int j = 0; j < count; j++) {
                gw.data[wi] += gy.data[yi + j] * x.data[xi + j * step];
            }
        });
        return gw;
    }

    /** Terms of one weight and one row of the output, by the indices of their first elements and their number. */
    private interface Row {
        void add(int x, int w, int y, int count);
    }

    private static void forEachRow(ReferenceArray x, ReferenceArray w, ReferenceArray y, Conv2dOptions o, Row row) {
        for (int n = 0; n < y.dim(0); n++) {
            for (int k = 0; k < y.dim(1); k++) {
                int firstChannel = k / (w.dim(0) / o.groups()) * w.dim(1);
                for (int c = 0; c < w.dim(1); c++) {
                    for (int r = 0; r < w.dim(2); r++) {
                        for (int s = 0; s < w.dim(3); s++) {
                            // 0 <= v < W for first <= j < first + count
                            int left = s * o.dilationW() - o.paddingW();
                            int first = Math.max(0, ceil(-left, o.strideW()));
                            int count = Math.min(y.dim(3), ceil(x.dim(3) - left, o.strideW())) - first;
                            for (int i = 0; i < y.dim(2); i++) {
                                int h = i * o.strideH() + r * o.dilationH() - o.paddingH();
                                if (h >= 0 && h < x.dim(2) && count > 0) {
                                    row.add(x.index(n, firstChannel + c, h, first * o.strideW() + left), w.index(k, c, r, s),
                                            y.index(n, k, i, first), count);
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /** {@code ⌈a / b⌉} */
    private static int ceil(int a, int b) {
        return -Math.floorDiv(-a, b);
    }
}
