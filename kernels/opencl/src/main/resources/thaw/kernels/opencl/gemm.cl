/*
 * The product of matrices for graphics cards, plain or as a convolution; gemm_problem.cl defines the matrices.
 *
 * Tiling: c is divided into tiles of MWG x NWG elements. A work-group of MDIM x NDIM work-items computes one tile, each
 * work-item a block of MWI x NWI elements in registers, MWG = MDIM*MWI and NWG = NDIM*NWI. It walks along k in steps of
 * KWG: all work-items copy KWG columns of a and KWG rows of b into local memory, then each adds the outer products of its
 * MWI values of a and its NWI values of b. A block consists of groups of VW neighbouring elements that are VW*MDIM
 * (VW*NDIM) apart, so that the work-items read neighbouring vectors from local memory.
 *
 * Global memory: neighbouring work-items read along the contiguous dimension. A_ROWS says whether that is a's rows
 * (transposed matrices, 1x1 weights for the gradient of the input, Winograd's) or, for weights and gy, its depth; DEEP
 * whether it is b's depth (the gradient of the weight) or its columns, the pixels. Local rows are VW longer than a tile,
 * so that writes along k spread over the banks. A_LOAD, B_LOAD and C_STORE are the floats moved at a time, 1 or VW: VW
 * where Gemm.java has found every run of VW to be contiguous and aligned, as in 1x1 convolutions of stride 1.
 *
 * PREFETCH 1: the next step's elements are loaded into registers before this step's are multiplied, which hides the
 * latency of the loads and takes KWG*(MWG + NWG)/(MDIM*NDIM) registers.
 *
 * Arithmetic intensity: a tile's step takes 2*MWG*NWG*KWG operations for KWG*(MWG + NWG) floats from global memory. For
 * the usual 128 x 128 tile these are 32 operations per byte, as cards of 10 TFLOP/s need at 310 GB/s; in addition,
 * neighbouring groups share rows and columns in the second-level cache. From local memory, 2*8*8 operations for 16 floats:
 * 2 per byte. Instructions: a work-item's share of a step is 1024 multiply-adds, 64 loads of 4 floats from local memory
 * and, if elements are loaded one by one, 16 loads and stores each; in fours, 4 loads and 4 to 16 stores. Multiply-adds
 * are therefore 85 to 92 % of the instructions. Registers: 64 for the block, 16 for a and b, 16 for the next step, the rest
 * for positions and addresses: 135 to 180 on NVIDIA's sm_90, so that one group of 256 work-items fills a multiprocessor of
 * 64 Ki registers, and the 64 independent multiply-adds of each work-item cover the latency. Limiting the registers to 128,
 * for two groups, gains nothing there. Local memory: 2*16*132 floats and 3 KiB of tables, 20 KiB.
 *
 * STATISTICS 1: the kernel leaves the statistics of its tile's rows for the batch norm that follows, if parts is not null:
 * of each row, a channel, the mean of the tile's elements and the sum of squares about it, so that the batch norm need not
 * read c for them. An item has those of its own NWI elements, which are joined by the formula of join_statistics in batch_norm.cl.
 *
 * The order of additions depends on KWG and the splits alone: the same device and tuning give the same bits.
 */
#include "gemm_problem.cl"

#define MWG (MDIM * MWI)
#define NWG (NDIM * NWI)
#define ITEMS (MDIM * NDIM)
/* In vectors. */
#define A_PITCH (MWG / VW + 1)
#define B_PITCH (NWG / VW + 1)

/* Vectors of both panels, which hold the statistics of each item's rows at the end. */
#if STATISTICS
#define PART_PITCH (NDIM + 1)
#define PARTS ((MWG * PART_PITCH + VW - 1) / VW)
#define PANEL(vectors) ((vectors) > PARTS ? (vectors) : PARTS)
#else
#define PANEL(vectors) (vectors)
#endif

/* The type of one load, the number of loads per step for all work-items, and the most for one work-item. */
#if A_LOAD == 1
#define A_VECTOR float
#else
#define A_VECTOR FLOATV
#endif
#if B_LOAD == 1
#define B_VECTOR float
#else
#define B_VECTOR FLOATV
#endif
#define A_LOADS (KWG * MWG / A_LOAD)
#define B_LOADS (KWG * NWG / B_LOAD)
#define A_OF_ITEM ((A_LOADS + ITEMS - 1) / ITEMS)
#define B_OF_ITEM ((B_LOADS + ITEMS - 1) / ITEMS)

/* Depth and row, or column, of a tile's load e. */
#if A_ROWS
#define A_DEPTH(e) ((e) / (MWG / A_LOAD))
#define A_ROW(e) ((e) % (MWG / A_LOAD) * A_LOAD)
#define A_RUN A_LOAD
#else
#define A_DEPTH(e) ((e) % (KWG / A_LOAD) * A_LOAD)
#define A_ROW(e) ((e) / (KWG / A_LOAD))
#define A_RUN 1
#endif
#if DEEP
#define B_DEPTH(e) ((e) % (KWG / B_LOAD) * B_LOAD)
#define B_COLUMN(e) ((e) / (KWG / B_LOAD))
#define B_RUN 1
#else
#define B_DEPTH(e) ((e) / (NWG / B_LOAD))
#define B_COLUMN(e) ((e) % (NWG / B_LOAD) * B_LOAD)
#define B_RUN B_LOAD
#endif

/* Loads this work-item's share of the step from k on. Rows and columns beyond the last repeat it, and are never stored. */
void load_step(A_VECTOR *nextA, B_VECTOR *nextB, global const float *a, global const float *b, const int k, const int end,
               const int firstRow, local const int4 *depths, local const int4 *columns, const Problem p) {
    const int item = get_local_id(0);
#pragma unroll
    for (int i = 0; i < A_OF_ITEM; i++) {
        const int e = item + i * ITEMS;
        if (A_LOADS % ITEMS == 0 || e < A_LOADS) {
            const int kk = A_DEPTH(e);
            const int row = min(firstRow + A_ROW(e), p.rows - A_RUN);
            nextA[i] = k + kk < end ? *(global const A_VECTOR *) (a + depths[kk].x + row * p.aRow) : (A_VECTOR) (0);
        }
    }
#pragma unroll
    for (int i = 0; i < B_OF_ITEM; i++) {
        const int e = item + i * ITEMS;
        if (B_LOADS % ITEMS == 0 || e < B_LOADS) {
            const int kk = B_DEPTH(e);
#if B_LOAD == 1
            nextB[i] = b_element(b, depths[kk], columns[B_COLUMN(e)], p);
#else
            nextB[i] = k + kk < end ? *(global const B_VECTOR *) (b + depths[kk].y + columns[B_COLUMN(e)].y) : (B_VECTOR) (0);
#endif
        }
    }
}

/* Stores the loaded values to local memory: vectors along its rows as a whole, others float by float. */
void stage_step(const A_VECTOR *nextA, const B_VECTOR *nextB, local FLOATV *as, local FLOATV *bs) {
    const int item = get_local_id(0);
#pragma unroll
    for (int i = 0; i < A_OF_ITEM; i++) {
        const int e = item + i * ITEMS;
        if (A_LOADS % ITEMS == 0 || e < A_LOADS) {
#if A_ROWS && A_LOAD == VW
            as[A_DEPTH(e) * A_PITCH + A_ROW(e) / VW] = nextA[i];
#else
#pragma unroll
            for (int v = 0; v < A_LOAD; v++) {
                ((local float *) as)[(A_DEPTH(e) + v) * A_PITCH * VW + A_ROW(e)] = ((const float *) &nextA[i])[v];
            }
#endif
        }
    }
#pragma unroll
    for (int i = 0; i < B_OF_ITEM; i++) {
        const int e = item + i * ITEMS;
        if (B_LOADS % ITEMS == 0 || e < B_LOADS) {
#if !DEEP && B_LOAD == VW
            bs[B_DEPTH(e) * B_PITCH + B_COLUMN(e) / VW] = nextB[i];
#else
#pragma unroll
            for (int v = 0; v < B_LOAD; v++) {
                ((local float *) bs)[(B_DEPTH(e) + v) * B_PITCH * VW + B_COLUMN(e)] = ((const float *) &nextB[i])[v];
            }
#endif
        }
    }
}

#if C_STORE > 1
/* store() for VW neighbours of a row. */
void store_vector(FLOATV sum, int m, int at, global float *c, global const float *scale, global const float *shift,
                  global const float *residual, global const uchar *mask, Problem p) {
    FLOATV more = residual ? *(global const FLOATV *) (residual + at) : (FLOATV) (0);
    if (mask) {
#pragma unroll
        for (int v = 0; v < VW; v++) {
            ((float *) &more)[v] = is_masked(mask, p.maskShift, at + v) ? 0 : ((float *) &more)[v];
        }
    }
    const FLOATV result = (scale ? scale[m] * sum : sum) + (shift ? shift[m] : 0) + more;
    *(global FLOATV *) (c + at) = p.relu ? select(result, (FLOATV) (0), result < 0) : result;
}
#endif

#if STATISTICS
/* Columns of the tile that block b has of the first ones. */
int columns_of_block(int b, int columns) {
    int count = 0;
#pragma unroll
    for (int j = 0; j < NWI / VW; j++) {
        count += clamp(columns - (b + j * NDIM) * VW, 0, VW);
    }
    return count;
}

/* Stores the means, squares and numbers of elements of the tile's rows as parts [3][row][tile of columns]. */
void store_statistics(float (*sum)[NWI], const int firstRow, const int firstColumn, local float *means, local float *squares,
                      global float *parts, const Problem p) {
    const int item = get_local_id(0);
    const int block = item % NDIM;
    const int columns = min(NWG, p.columns - firstColumn);
    const int mine = columns_of_block(block, columns);
#pragma unroll
    for (int i = 0; i < MWI; i++) {
        float mean = 0;
#pragma unroll
        for (int j = 0; j < NWI; j++) {
            mean += (block + j / VW * NDIM) * VW + j % VW < columns ? sum[i][j] : 0;
        }
        mean /= max(mine, 1);
        float square = 0;
#pragma unroll
        for (int j = 0; j < NWI; j++) {
            const float d = (block + j / VW * NDIM) * VW + j % VW < columns ? sum[i][j] - mean : 0;
            square = MULTIPLY_ADD(d, d, square);
        }
        const int row = (item / NDIM + i / VW * MDIM) * VW + i % VW;
        means[row * PART_PITCH + block] = mean;
        squares[row * PART_PITCH + block] = square;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    const int across = (p.columns + NWG - 1) / NWG;
    for (int row = item; row < min(MWG, p.rows - firstRow); row += ITEMS) {
        const float pivot = means[row * PART_PITCH];
        float total = 0;
        for (int b = 0; b < NDIM; b++) {
            total = MULTIPLY_ADD((float) columns_of_block(b, columns), means[row * PART_PITCH + b] - pivot, total);
        }
        const float mean = pivot + total / columns;
        float square = 0;
        for (int b = 0; b < NDIM; b++) {
            const float d = means[row * PART_PITCH + b] - mean;
            square += MULTIPLY_ADD(columns_of_block(b, columns) * d, d, squares[row * PART_PITCH + b]);
        }
        const int part = (firstRow + row) * across + firstColumn / NWG;
        parts[part] = mean;
        parts[part + p.rows * across] = square;
        parts[part + 2 * p.rows * across] = columns;
    }
}
#endif

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1)))
void gemm(global const float *a, global const float *b, global float *c, global const float *scale,
          global const float *shift, global const float *residual, global const uchar *mask, const Problem p,
          global float *parts) {
    local FLOATV as[PANEL(KWG * A_PITCH)];
    local FLOATV bs[PANEL(KWG * B_PITCH)];
    local int4 depths[2][KWG];
    local int4 columns[NWG];

    const int item = get_local_id(0);
    const int4 place = tile_place(MWG, NWG, p);
    const int firstRow = place.x;
    const int firstColumn = place.y;
    const int begin = place.w * p.chunk;
    const int end = min(p.depth, begin + p.chunk);
    a += place.z * p.aStep;
    b += place.z * p.bStep;
    if (p.splits > 1) {
        c += get_group_id(1) * p.rows * p.columns;
    } else {
        c += place.z * p.cStep;
    }
    for (int n = item; n < NWG; n += ITEMS) {
        columns[n] = column_place(min(firstColumn + n, p.columns - B_RUN), p);
    }
    const Digits step = digits_of(KWG, p.depth1, p.depth2);
    Digits mine = digits_of(begin + item, p.depth1, p.depth2);
    if (item < KWG) {
        depths[0][item] = depth_place(mine, begin + item < end, p);
    }
    barrier(CLK_LOCAL_MEM_FENCE);

    A_VECTOR nextA[A_OF_ITEM];
    B_VECTOR nextB[B_OF_ITEM];
#if PREFETCH
    load_step(nextA, nextB, a, b, begin, end, firstRow, depths[0], columns, p);
#endif
    float sum[MWI][NWI];
#pragma unroll
    for (int i = 0; i < MWI; i++) {
#pragma unroll
        for (int j = 0; j < NWI; j++) {
            sum[i][j] = 0;
        }
    }
    const int blockRow = item / NDIM;
    const int blockColumn = item % NDIM;
    int now = 0;
    for (int k = begin; k < end; k += KWG) {
#if !PREFETCH
        load_step(nextA, nextB, a, b, k, end, firstRow, depths[now], columns, p);
#endif
        now = 1 - now;
        if (item < KWG) {
            mine = advance(mine, step, p.depth1, p.depth2);
            depths[now][item] = depth_place(mine, k + KWG + item < end, p);
        }
        stage_step(nextA, nextB, as, bs);
        barrier(CLK_LOCAL_MEM_FENCE);
#if PREFETCH
        if (k + KWG < end) {
            load_step(nextA, nextB, a, b, k + KWG, end, firstRow, depths[now], columns, p);
        }
#endif
#pragma unroll 4
        for (int kk = 0; kk < KWG; kk++) {
            float left[MWI];
            float right[NWI];
#pragma unroll
            for (int i = 0; i < MWI / VW; i++) {
                VSTORE(as[kk * A_PITCH + blockRow + i * MDIM], left + i * VW);
            }
#pragma unroll
            for (int j = 0; j < NWI / VW; j++) {
                VSTORE(bs[kk * B_PITCH + blockColumn + j * NDIM], right + j * VW);
            }
#pragma unroll
            for (int i = 0; i < MWI; i++) {
#pragma unroll
                for (int j = 0; j < NWI; j++) {
                    sum[i][j] = MULTIPLY_ADD(left[i], right[j], sum[i][j]);
                }
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }

#pragma unroll
    for (int j = 0; j < NWI; j += C_STORE) {
        const int n = firstColumn + (blockColumn + j / VW * NDIM) * VW + j % VW;
        const int atColumn = n < p.columns && p.splits == 1 ? c_place(0, n, p) : n;
#pragma unroll
        for (int i = 0; i < MWI; i++) {
            const int m = firstRow + (blockRow + i / VW * MDIM) * VW + i % VW;
            if (n >= p.columns || m >= p.rows) {
                continue;
            }
#if C_STORE == 1
            if (p.splits > 1) {
                c[m * p.columns + n] = sum[i][j];
            } else {
                store(sum[i][j], m, atColumn + m * p.cRow, c, scale, shift, residual, mask, p);
            }
#else
            if (p.splits > 1) {
                *(global FLOATV *) (c + m * p.columns + n) = VLOAD(sum[i] + j);
            } else {
                store_vector(VLOAD(sum[i] + j), m, atColumn + m * p.cRow, c, scale, shift, residual, mask, p);
            }
#endif
        }
    }
#if STATISTICS
    if (parts) {
        store_statistics(sum, firstRow, firstColumn, (local float *) as, (local float *) bs, parts, p);
    }
#endif
}
