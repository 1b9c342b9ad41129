package thaw.kernels.reference;

import thaw.kernels.Conv2dOptions;

/**
 * Convolution and its gradients. Throughout, kernel element {@code [k, c, r, s]} connects output {@code [n, k, i, j]} to
 * input {@code [n, g·C/groups + c, h, v]}, where {@code g} is the group of {@code k},
 * {@code h = i·stride + r·dilation − padding} and {@code v = j·stride + s·dilation − padding}; the input is zero outside
 * the image.
 */
final class ReferenceConv2d {

    private ReferenceConv2d() {
    }

    /** {@code y[n, k, i, j] = Σ_c,r,s x[n, c, h, v] · w[k, c, r, s]} */
    static void forward(ReferenceArray x, ReferenceArray w, Conv2dOptions o, ReferenceArray y) {
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
    }

    /** {@code gx[n, c, h, v] += gy[n, k, i, j] · w[k, c, r, s]} for every term of the forward sum. */
    static void inputGradient(ReferenceArray gy, ReferenceArray w, Conv2dOptions o, ReferenceArray gx) {
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
    }

    /** {@code gw[k, c, r, s] = Σ_n,i,j gy[n, k, i, j] · x[n, c, h, v]} */
    static void weightGradient(ReferenceArray gy, ReferenceArray x, Conv2dOptions o, ReferenceArray gw) {
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
    }

    private static boolean inside(ReferenceArray x, int h, int v) {
        return h >= 0 && h < x.dim(2) && v >= 0 && v < x.dim(3);
    }
}
