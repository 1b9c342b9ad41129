/*
 * The inner loop of gemm.cl without local memory and barriers: each work-item reads the elements of its block's rows and columns from
 * global memory into registers. For devices whose local memory is global memory behind the same caches, where copying would gain
 * nothing: MDIM and NDIM work-items of a group read the same elements, which the caches hold.
 *
 * Arithmetic intensity: 2*MWI*NWI operations for MWI + NWI floats from the first-level cache, for a block of 8 x 4 as for one of
 * gemm.cl. Along k, VW elements are loaded together where a's or b's are contiguous, so that a cache line is used at once.
 */

/* Steps of k whose elements are loaded together: a vector along the depth of a or b. */
#define STEPS (A_LOAD > A_RUN || B_LOAD > B_RUN ? VW : 1)

/* Adds the products from begin to end to a work-item's block. */
void add_direct(float (*sum)[NWI], global const float *a, global const float *b, const int begin, const int end, const int firstRow,
                const int firstColumn, const Problem p) {
    const int item = get_local_id(0);
    int rows[MWI];
    int4 columns[NWI];
#pragma unroll
    for (int i = 0; i < MWI; i += A_RUN) {
        rows[i] = min(firstRow + OF_BLOCK(item / NDIM, i, MDIM), p.rows - A_RUN) * p.aRow;
    }
#pragma unroll
    for (int j = 0; j < NWI; j += B_RUN) {
        columns[j] = column_place(min(firstColumn + OF_BLOCK(item % NDIM, j, NDIM), p.columns - B_RUN), p);
    }
    const Digits one = digits_of(1, p.depth1, p.depth2);
    Digits digits = digits_of(begin, p.depth1, p.depth2);
    for (int k = begin; k < end; k += STEPS) {
        int4 depths[STEPS];
        float left[STEPS][MWI];
        float right[STEPS][NWI];
#pragma unroll
        for (int kk = 0; kk < STEPS; kk++) {
            depths[kk] = depth_place(digits, true, p);
            digits = advance(digits, one, p.depth1, p.depth2);
        }
#pragma unroll
        for (int kk = 0; kk < STEPS; kk += A_LOAD / A_RUN) {
#pragma unroll
            for (int i = 0; i < MWI; i += A_RUN) {
                const A_VECTOR values = *(global const A_VECTOR *) (a + depths[kk].x + rows[i]);
#pragma unroll
                for (int v = 0; v < A_LOAD; v++) {
                    left[A_RUN == 1 ? kk + v : kk][A_RUN == 1 ? i : i + v] = ((const float *) &values)[v];
                }
            }
        }
#pragma unroll
        for (int kk = 0; kk < STEPS; kk += B_LOAD / B_RUN) {
#pragma unroll
            for (int j = 0; j < NWI; j += B_RUN) {
#if B_LOAD == 1
                const float values = b_element(b, depths[kk], columns[j], p);
#else
                const B_VECTOR values = *(global const B_VECTOR *) (b + depths[kk].y + columns[j].y);
#endif
#pragma unroll
                for (int v = 0; v < B_LOAD; v++) {
                    right[B_RUN == 1 ? kk + v : kk][B_RUN == 1 ? j : j + v] = ((const float *) &values)[v];
                }
            }
        }
#pragma unroll
        for (int kk = 0; kk < STEPS; kk++) {
#pragma unroll
            for (int i = 0; i < MWI; i++) {
#pragma unroll
                for (int j = 0; j < NWI; j++) {
                    sum[i][j] = MULTIPLY_ADD(left[kk][i], right[kk][j], sum[i][j]);
                }
            }
        }
    }
}
