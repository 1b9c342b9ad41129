/*
 * The second level of a product whose depth was split (gemm.cl): adds the parts, which are consecutive matrices of rows x
 * columns, always in the same order. One work-item per element.
 */
#define PADDED 0
#define VW 1
#include "gemm_problem.cl"

kernel void gemm_sum(global const float *parts, global float *c, global const float *scale, global const float *shift,
                     global const float *residual, global const uchar *mask, const Problem p) {
    const int at = get_global_id(0);
    const int elements = p.rows * p.columns;
    if (at >= elements) {
        return;
    }
    float sum = 0;
    for (int part = 0; part < p.splits; part++) {
        sum += parts[part * elements + at];
    }
    const int m = at / p.columns;
    store(sum, m, c_place(m, at % p.columns, p), c, scale, shift, residual, mask, p);
}
