/*
 * The second level of a product whose depth was split (gemm.cl): adds the parts, which are consecutive matrices of rows x
 * columns, always in the same order. LANES work-items share an element, each every LANES-th part, so that their loads
 * don't wait for each other; a tree in local memory adds their sums. Neighbouring work-items have neighbouring elements.
 */
#define PADDED 0
#define VW 1
#include "gemm_problem.cl"

kernel void gemm_sum(global const float *parts, global float *c, global const float *scale, global const float *shift,
                     global const float *residual, const Problem p, local float *scratch) {
    const int width = get_local_size(0) / LANES;
    const int item = get_local_id(0);
    const int at = get_group_id(0) * width + item % width;
    const int elements = p.rows * p.columns;
    float sum = 0;
    if (at < elements) {
        for (int part = item / width; part < p.splits; part += LANES) {
            sum += parts[part * elements + at];
        }
    }
#if LANES > 1
    scratch[item] = sum;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int half_size = LANES / 2 * width; half_size >= width; half_size /= 2) {
        if (item < half_size) {
            scratch[item] += scratch[item + half_size];
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    sum = scratch[item];
#endif
    if (item < width && at < elements) {
        const int m = at / p.columns;
        store(sum, m, c_place(m, at % p.columns, p), c, scale, shift, residual, p);
    }
}
