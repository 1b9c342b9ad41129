/*
 * The operands of a product c[m, n] = sum over k of a[m, k] * b[k, n], for gemm.cl and gemm_solo.cl. The positions of
 * elements are given by indices of three digits, so that a convolution is a product whose matrix b, the pixels that each
 * output pixel reads (im2col), is never materialised.
 *
 *   k = (k0*depth1 + k1)*depth2 + k2            n = (n0*column1 + n1)*column2 + n2
 *   a[m, k] is at        aStart + m*aRow + k0*aDepth0 + k1*aDepth1 + k2*aDepth2
 *   b[k, n] is the pixel (h, v) of a plane of height x width pixels, 0 outside of it, where
 *                        h = startH + n1*stepH + k1*tapH,   v = startW + n2*stepW + k2*tapW
 *                        and the plane begins at k0*bDepth0 + n0*bColumn0
 *   c[m, n] is at        cStart + m*cRow + n0*cColumn0 + n1*cColumn1 + n2*cColumn2
 *
 *   forward:             k = (channel, r, s)            n = (image, row, column)    step = stride, tap = dilation
 *   gradient of weight:  k = (image, row, column)       n = (channel, r, s)         step = dilation, tap = stride
 *   gradient of input:   like forward, from gy, once for each phase of the stride; see Correlation.java
 *   matrices:            indices of one digit that isn't 0
 *
 * Both kernels look up the positions of row k and column n in small tables, which they update digit by digit: no division
 * in a loop.
 *
 * PADDED 0 asserts that every pixel is inside its plane. VW: floats per vector.
 */
typedef struct {
    int rows, columns, depth;
    int splits, chunk;        /* splits work-groups share a tile, each a chunk of the depth, and leave parts to be added */
    int aStep, bStep, cStep;  /* from one of several products to the next */
    int depth1, depth2;
    int aStart, aRow, aDepth0, aDepth1, aDepth2;
    int column1, column2;
    int bDepth0, bColumn0, tapH, tapW, startH, startW, stepH, stepW, height, width;
    int bSize;                /* floats of b */
    int cStart, cRow, cColumn0, cColumn1, cColumn2;
    int relu, maskShift;
} Problem;

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#if VW == 1
#define FLOATV float
#define VLOAD(p) (*(p))
#define VSTORE(x, p) (*(p) = (x))
#else
#define FLOATV JOIN(float, VW)
#define INTV JOIN(int, VW)
#define VLOAD(p) JOIN(vload, VW)(0, p)
#define VSTORE(x, p) JOIN(vstore, VW)(x, 0, p)
#endif

/* Far outside every plane, even after another position is added. */
#define NOWHERE (-(1 << 30))

#include "digits.cl"
#include "multiply_add.cl"
#include "residual.cl"

/* The positions of row k of b and column k of a: x is the index in a, y that in b, (z, w) the pixel. */
int4 depth_place(Digits k, bool exists, Problem p) {
    const int h = k.k1 * p.tapH;
    const int v = k.k2 * p.tapW;
    return (int4) (p.aStart + k.k0 * p.aDepth0 + k.k1 * p.aDepth1 + k.k2 * p.aDepth2, k.k0 * p.bDepth0 + h * p.width + v,
                   exists ? h : NOWHERE, v);
}

/* The positions of column n: y is the index in b, (z, w) the pixel. Columns beyond the last repeat it, and are never stored. */
int4 column_place(int n, Problem p) {
    const Digits d = digits_of(min(n, p.columns - 1), p.column1, p.column2);
    const int h = p.startH + d.k1 * p.stepH;
    const int v = p.startW + d.k2 * p.stepW;
    return (int4) (0, d.k0 * p.bColumn0 + h * p.width + v, h, v);
}

float b_element(global const float *b, int4 depth, int4 column, Problem p) {
#if PADDED
    const bool inside = (uint) (depth.z + column.z) < (uint) p.height && (uint) (depth.w + column.w) < (uint) p.width;
#else
    const bool inside = depth.z != NOWHERE;
#endif
    return inside ? b[depth.y + column.y] : 0;
}

/* Where this work-group's tile of rows x columns begins, its product and its part of the depth: (row, column, product, part). */
int4 tile_place(int rows, int columns, Problem p) {
    const int across = (p.rows + rows - 1) / rows;
    const int tile = get_group_id(0);
    const int layer = get_group_id(1);
    return (int4) (tile % across * rows, tile / across * columns, layer / p.splits, layer % p.splits);
}

int c_place(int m, int n, Problem p) {
    const Digits d = digits_of(n, p.column1, p.column2);
    return p.cStart + m * p.cRow + d.k0 * p.cColumn0 + d.k1 * p.cColumn1 + d.k2 * p.cColumn2;
}

/* c = act(scale[m]*sum + shift[m] + residual), where scale, shift, residual and its mask may be null. */
void store(float sum, int m, int at, global float *c, global const float *scale, global const float *shift,
           global const float *residual, global const uchar *mask, Problem p) {
    const float result = (scale ? scale[m] * sum : sum) + (shift ? shift[m] : 0) + residual_at(residual, mask, p.maskShift, at);
    c[at] = p.relu && result < 0 ? 0 : result;
}
