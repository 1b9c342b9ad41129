/*
 * The product of matrices for graphics cards, plain or as a convolution; gemm_problem.cl says what is multiplied.
 *
 * Tiling: c is cut into tiles of MWG x NWG elements. A work-group of MDIM x NDIM work-items computes one, each of them a block
 * of MWI x NWI elements in registers, MWG = MDIM*MWI and NWG = NDIM*NWI. It walks along k in steps of KWG: all work-items
 * bring KWG columns of a and KWG rows of b into local memory, then each adds up the outer products of its MWI values of a and
 * its NWI values of b. A block's elements are VW neighbours each, and those VW*MDIM (VW*NDIM) apart, so that the work-items
 * read neighbouring vectors from local memory.
 *
 * Global memory: a is read along k, whose neighbours are neighbours in weights and in gy. DEEP says how b is read: 0 along n, by
 * work-items of neighbouring pixels; 1 along k, for the gradient of the weight, where those are neighbours. Local rows are VW
 * longer than a tile, so that writing along k spreads over the banks.
 *
 * Arithmetic intensity: a tile's step takes 2*MWG*NWG*KWG operations for KWG*(MWG + NWG) floats from global memory. Of the
 * usual 128 x 128 tile these are 32 operations a byte, what cards of 10 TFLOP/s need at 310 GB/s; neighbouring groups share
 * rows and columns in the second-level cache besides. From local memory, 2*8*8 operations for 16 floats: 2 a byte.
 * Its 256 work-items need about 64 registers for the block, 16 for a and b, and 25 for places: 105 of 65536/256 = 256 that
 * each could have, so that 2 groups (512 work-items) share a multiprocessor of 64 Ki registers, a quarter to a third of what
 * it can hold, and 64 independent multiply-adds of each cover the latency. Local memory: 2*16*132 floats and 3 KiB of tables,
 * 20 KiB.
 *
 * The order of additions depends on KWG and the splits alone: the same device and tuning give the same bits.
 */
#include "gemm_problem.cl"

#define MWG (MDIM * MWI)
#define NWG (NDIM * NWI)
#define ITEMS (MDIM * NDIM)
#define A_PITCH (MWG + VW)
#define B_PITCH (NWG + VW)

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1)))
void gemm(global const float *a, global const float *b, global float *c, global const float *scale,
          global const float *shift, global const float *residual, const Problem p) {
    local float as[KWG * A_PITCH];
    local float bs[KWG * B_PITCH];
    local int4 depths[2][KWG];
    local int4 columns[NWG];

    const int item = get_local_id(0);
    const int firstRow = get_group_id(0) * MWG;
    const int firstColumn = get_group_id(1) * NWG;
    const int part = get_group_id(2);
    const int begin = p.splits > 1 ? part * p.chunk : 0;
    const int end = p.splits > 1 ? min(p.depth, begin + p.chunk) : p.depth;
    if (p.splits == 1) {
        a += part * p.aStep;
        b += part * p.bStep;
        c += part * p.cStep;
    }
    for (int n = item; n < NWG; n += ITEMS) {
        columns[n] = column_place(firstColumn + n, p);
    }
    const Digits step = digits_of(KWG, p.depth1, p.depth2);
    Digits mine = digits_of(begin + item, p.depth1, p.depth2);
    if (item < KWG) {
        depths[0][item] = depth_place(mine, begin + item < end, p);
    }

    float sum[MWI][NWI];
#pragma unroll
    for (int i = 0; i < MWI; i++) {
#pragma unroll
        for (int j = 0; j < NWI; j++) {
            sum[i][j] = 0;
        }
    }
    const int blockRow = item / NDIM * VW;
    const int blockColumn = item % NDIM * VW;
    int now = 0;
    for (int k = begin; k < end; k += KWG) {
        barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll
        for (int e = item; e < KWG * MWG; e += ITEMS) {
            const int kk = e % KWG;
            const int m = e / KWG;
            as[kk * A_PITCH + m] = k + kk < end ? a[depths[now][kk].x + min(firstRow + m, p.rows - 1) * p.aRow] : 0;
        }
#pragma unroll
        for (int e = item; e < KWG * NWG; e += ITEMS) {
#if DEEP
            const int kk = e % KWG;
            const int n = e / KWG;
#else
            const int kk = e / NWG;
            const int n = e % NWG;
#endif
            bs[kk * B_PITCH + n] = b_element(b, depths[now][kk], columns[n], p);
        }
        now = 1 - now;
        if (item < KWG) {
            mine = advance(mine, step, p.depth1, p.depth2);
            depths[now][item] = depth_place(mine, k + KWG + item < end, p);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll 4
        for (int kk = 0; kk < KWG; kk++) {
            float left[MWI];
            float right[NWI];
#pragma unroll
            for (int i = 0; i < MWI; i += VW) {
                VSTORE(VLOAD(as + kk * A_PITCH + blockRow + i * MDIM), left + i);
            }
#pragma unroll
            for (int j = 0; j < NWI; j += VW) {
                VSTORE(VLOAD(bs + kk * B_PITCH + blockColumn + j * NDIM), right + j);
            }
#pragma unroll
            for (int i = 0; i < MWI; i++) {
#pragma unroll
                for (int j = 0; j < NWI; j++) {
                    sum[i][j] = fma(left[i], right[j], sum[i][j]);
                }
            }
        }
    }

#pragma unroll
    for (int j = 0; j < NWI; j++) {
        const int n = firstColumn + blockColumn + j / VW * VW * NDIM + j % VW;
        const int atColumn = n < p.columns && p.splits == 1 ? c_place(0, n, p) : n;
#pragma unroll
        for (int i = 0; i < MWI; i++) {
            const int m = firstRow + blockRow + i / VW * VW * MDIM + i % VW;
            if (n >= p.columns || m >= p.rows) {
                continue;
            }
            if (p.splits > 1) {
                c[(part * p.rows + m) * p.columns + n] = sum[i][j];
            } else {
                store(sum[i][j], m, atColumn + m * p.cRow, c, scale, shift, residual, p);
            }
        }
    }
}
