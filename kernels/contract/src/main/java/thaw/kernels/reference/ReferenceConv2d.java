package thaw.kernels.reference;

import thaw.kernels.Array;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.ConvolutionOps;
import thaw.kernels.Epilogue;
import thaw.kernels.Shape;

/**
 * Convolution and its gradients. Throughout, kernel element {@code [k, c, r, s]} connects output {@code [n, k, i, j]} to
 * input {@code [n, g·C/groups + c, h, v]}, where {@code g} is the group of {@code k},
 * {@code h = i·stride + r·dilation − padding} and {@code v = j·stride + s·dilation − padding}; the input is zero outside
 * the image.
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
        for (int n = 0; n < y.dim(0); n++) {
            for (int k = 0; k < y.dim(1); k++) {
                int firstChannel = k / (w.dim(0) / o.groups()) * w.dim(1);
                for (int i = 0; i < y.dim(2); i++) {
                    for (int j = 0; j < y.dim(3); j++) {
                        double sum = 0;
                        for (int c = 0; c < w.dim(1); c++) {
                            for (int r = 0; r < w.dim(2); r++) {
                                for (int s = 0; s < w.dim(3); s++) {
                                    int h = i * o.strideH() + r * o.dilationH() - o.paddingH();
                                    int v = j * o.strideW() + s * o.dilationW() - o.paddingW();
                                    if (inside(x, h, v)) {
                                        sum += x.data[x.index(n, firstChannel + c, h, v)] * w.data[w.index(k, c, r, s)];
                                    }
                                }
                            }
                        }
                        y.data[y.index(n, k, i, j)] = sum;
                    }
                }
            }
        }
        ReferenceEpilogue.apply(y, memory.orNull(epilogue.scale()), memory.orNull(epilogue.shift()),
                memory.orNull(epilogue.residual()), epilogue.relu());
        return y;
    }

    /** {@code gx[n, c, h, v] += gy[n, k, i, j] · w[k, c, r, s]} for every term of the forward sum. */
    @Override
    public Array conv2dInputGradient(Array gradient, Array weight, Shape xShape, Conv2dOptions o) {
        ReferenceArray gy = memory.values(gradient);
        ReferenceArray w = memory.values(weight);
        ReferenceArray gx = memory.zeros(xShape);
        for (int n = 0; n < gy.dim(0); n++) {
            for (int k = 0; k < gy.dim(1); k++) {
                int firstChannel = k / (w.dim(0) / o.groups()) * w.dim(1);
                for (int i = 0; i < gy.dim(2); i++) {
                    for (int j = 0; j < gy.dim(3); j++) {
                        double g = gy.data[gy.index(n, k, i, j)];
                        for (int c = 0; c < w.dim(1); c++) {
                            for (int r = 0; r < w.dim(2); r++) {
                                for (int s = 0; s < w.dim(3); s++) {
                                    int h = i * o.strideH() + r * o.dilationH() - o.paddingH();
                                    int v = j * o.strideW() + s * o.dilationW() - o.paddingW();
                                    if (inside(gx, h, v)) {
                                        gx.data[gx.index(n, firstChannel + c, h, v)] += g * w.data[w.index(k, c, r, s)];
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        return gx;
    }

    /** {@code gw[k, c, r, s] = Σ_n,i,j gy[n, k, i, j] · x[n, c, h, v]} */
    @Override
    public Array conv2dWeightGradient(Array gradient, Array input, Shape wShape, Conv2dOptions o) {
        ReferenceArray gy = memory.values(gradient);
        ReferenceArray x = memory.values(input);
        ReferenceArray gw = memory.zeros(wShape);
        for (int k = 0; k < gw.dim(0); k++) {
            int firstChannel = k / (gw.dim(0) / o.groups()) * gw.dim(1);
            for (int c = 0; c < gw.dim(1); c++) {
                for (int r = 0; r < gw.dim(2); r++) {
                    for (int s = 0; s < gw.dim(3); s++) {
                        double sum = 0;
                        for (int n = 0; n < gy.dim(0); n++) {
                            for (int i = 0; i < gy.dim(2); i++) {
                                for (int j = 0; j < gy.dim(3); j++) {
                                    int h = i * o.strideH() + r * o.dilationH() - o.paddingH();
                                    int v = j * o.strideW() + s * o.dilationW() - o.paddingW();
                                    if (inside(x, h, v)) {
                                        sum += gy.data[gy.index(n, k, i, j)] * x.data[x.index(n, firstChannel + c, h, v)];
                                    }
                                }
                            }
                        }
                        gw.data[gw.index(k, c, r, s)] = sum;
                    }
                }
            }
        }
        return gw;
    }

    private static boolean inside(ReferenceArray x, int h, int v) {
        return h >= 0 && h < x.dim(2) && v >= 0 && v < x.dim(3);
    }
}
