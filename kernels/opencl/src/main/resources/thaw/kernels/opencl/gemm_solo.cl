/*
 * The product of matrices for CPUs, plain or as a convolution; gemm_problem.cl defines the matrices.
 *
 * On a CPU local memory is ordinary memory, and a work-group runs on one thread: a barrier costs time and gains nothing.
 * Here a work-group is one work-item, which computes a tile of MWG x NWG elements, MWG = MDIM*MWI and NWG = NDIM*NWI, like
 * a BLAS (Goto and van de Geijn 2008): it walks along k in steps of KWG, copies KWG rows of b into a panel that stays in
 * the first-level cache, and processes the tile in blocks of MWI x NWI elements, which it holds in vector registers of VW
 * floats for all KWG steps: 8 x 32 floats are 16 of the 32 registers of AVX-512. a is read in place, MWI rows at a time.
 *
 * STATISTICS 1: as in gemm.cl.
 *
 * VW neighbours of a row of b are mostly contiguous (stride 1), so that copying them takes one load, and a select for
 * those outside the plane; otherwise they are gathered.
 */
#include "gemm_problem.cl"

#define MWG (MDIM * MWI)
#define NWG (NDIM * NWI)
#define VECTORS (NWG / VW)

kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void gemm(global const float *a, global const float *b, global float *c, global const float *scale,
          global const float *shift, global const float *residual, global const uchar *mask, const Problem p,
          global float *parts) {
    local float panel[KWG * NWG];
    local float tile[MWG * NWG];
    local int aPlaces[KWG];
    local int places[NWG];
    local int tops[NWG];
    local int lefts[NWG];
    local int isRun[VECTORS];

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
    const int rows = min(MWG, p.rows - firstRow);
    const int columns = min(NWG, p.columns - firstColumn);
    for (int n = 0; n < NWG; n++) {
        const int4 column = column_place(firstColumn + n, p);
        places[n] = column.y;
        tops[n] = column.z;
        lefts[n] = column.w;
    }
    for (int j = 0; j < VECTORS; j++) {
        int run = 1;
        for (int n = 1; n < VW; n++) {
            run &= places[j * VW + n] == places[j * VW] + n;
        }
        isRun[j] = run;
    }

    const Digits one = digits_of(1, p.depth1, p.depth2);
    Digits digits = digits_of(begin, p.depth1, p.depth2);
    for (int i = 0; i < (rows + MWI - 1) / MWI * MWI * NWG; i += VW) {
        VSTORE((FLOATV) (0), tile + i);
    }
    for (int k = begin; k < end; k += KWG) {
        const int depth = min(KWG, end - k);
        for (int kk = 0; kk < depth; kk++) {
            const int4 row = depth_place(digits, true, p);
            digits = advance(digits, one, p.depth1, p.depth2);
            aPlaces[kk] = row.x;
            for (int j = 0; j < VECTORS; j++) {
                local float *to = panel + kk * NWG + j * VW;
                const int from = row.y + places[j * VW];
#if PADDED
                const INTV h = VLOAD(tops + j * VW) + row.z;
                const INTV v = VLOAD(lefts + j * VW) + row.w;
                const INTV inside = h >= 0 & h < p.height & v >= 0 & v < p.width;
                if (isRun[j] && from >= 0 && from + VW <= p.bSize) {
                    VSTORE(select((FLOATV) (0), VLOAD(b + from), inside), to);
                } else {
                    const INTV at = select((INTV) (0), VLOAD(places + j * VW) + row.y, inside);
                    int ats[VW];
                    float gathered[VW];
                    VSTORE(at, ats);
                    for (int n = 0; n < VW; n++) {
                        gathered[n] = b[ats[n]];
                    }
                    VSTORE(select((FLOATV) (0), VLOAD(gathered), inside), to);
                }
#else
                if (isRun[j]) {
                    VSTORE(VLOAD(b + from), to);
                } else {
                    for (int n = 0; n < VW; n++) {
                        to[n] = b[row.y + places[j * VW + n]];
                    }
                }
#endif
            }
        }
        for (int m = 0; m < rows; m += MWI) {
            global const float *left[MWI];
#pragma unroll
            for (int i = 0; i < MWI; i++) {
                left[i] = a + min(firstRow + m + i, p.rows - 1) * p.aRow;
            }
            for (int n = 0; n < NWG; n += NWI) {
                FLOATV sum[MWI][NWI / VW];
                local float *block = tile + m * NWG + n;
#pragma unroll
                for (int i = 0; i < MWI; i++) {
#pragma unroll
                    for (int j = 0; j < NWI / VW; j++) {
                        sum[i][j] = VLOAD(block + i * NWG + j * VW);
                    }
                }
                for (int kk = 0; kk < depth; kk++) {
                    FLOATV right[NWI / VW];
#pragma unroll
                    for (int j = 0; j < NWI / VW; j++) {
                        right[j] = VLOAD(panel + kk * NWG + n + j * VW);
                    }
                    const int at = aPlaces[kk];
#pragma unroll
                    for (int i = 0; i < MWI; i++) {
                        const FLOATV value = left[i][at];
#pragma unroll
                        for (int j = 0; j < NWI / VW; j++) {
                            sum[i][j] = MULTIPLY_ADD(value, right[j], sum[i][j]);
                        }
                    }
                }
#pragma unroll
                for (int i = 0; i < MWI; i++) {
#pragma unroll
                    for (int j = 0; j < NWI / VW; j++) {
                        VSTORE(sum[i][j], block + i * NWG + j * VW);
                    }
                }
            }
        }
    }

    for (int n = 0; n < columns; n++) {
        places[n] = p.splits > 1 ? firstColumn + n : c_place(0, firstColumn + n, p);
    }
    for (int m = 0; m < rows; m++) {
        for (int n = 0; n < columns; n++) {
            const int row = firstRow + m;
            if (p.splits > 1) {
                c[row * p.columns + places[n]] = tile[m * NWG + n];
            } else {
                store(tile[m * NWG + n], row, places[n] + row * p.cRow, c, scale, shift, residual, mask, p);
            }
        }
    }
#if STATISTICS
    const int across = (p.columns + NWG - 1) / NWG;
    for (int m = 0; m < (parts ? rows : 0); m++) {
        float mean = 0;
        for (int n = 0; n < columns; n++) {
            mean += tile[m * NWG + n];
        }
        mean /= columns;
        float square = 0;
        for (int n = 0; n < columns; n++) {
            const float d = tile[m * NWG + n] - mean;
            square = MULTIPLY_ADD(d, d, square);
        }
        const int part = (firstRow + m) * across + firstColumn / NWG;
        parts[part] = mean;
        parts[part + p.rows * across] = square;
        parts[part + 2 * p.rows * across] = columns;
    }
#endif
}
