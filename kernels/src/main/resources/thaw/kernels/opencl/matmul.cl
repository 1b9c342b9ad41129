/*
 * The product of matrices: y[i, j] = sum over k of a[i, k] * b[k, j], for a of m x k and b of k x n elements.
 *
 * Tiling: y is cut into square tiles of TILE x TILE elements, TILE being a work-group's extent in both dimensions. A
 * work-group computes one tile, each work-item one element of it. It walks along k in steps of TILE: its work-items bring a
 * tile of a and a tile of b into local memory, one element each, and then each adds up TILE products from there. So each
 * element is read from global memory once for TILE uses.
 *
 * Element (i, j) of a matrix lies at i * stride.x + j * stride.y: (columns, 1) for one that lies as it is meant, and
 * (1, rows) for one that is to be transposed.
 *
 * size: m, n, k.
 */
kernel void matmul(global const float *a, global const float *b, global float *y, const int4 size,
                   const int2 strideA, const int2 strideB, local float *tileA, local float *tileB) {
    const int tile = get_local_size(0);
    const int column = get_local_id(0);
    const int row = get_local_id(1);
    const int j = get_global_id(0);
    const int i = get_global_id(1);
    float sum = 0;
    for (int start = 0; start < size.z; start += tile) {
        const int ka = start + column;
        const int kb = start + row;
        tileA[row * tile + column] = i < size.x && ka < size.z ? a[i * strideA.x + ka * strideA.y] : 0;
        tileB[row * tile + column] = kb < size.z && j < size.y ? b[kb * strideB.x + j * strideB.y] : 0;
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int k = 0; k < tile; k++) {
            sum = fma(tileA[row * tile + k], tileB[k * tile + column], sum);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    if (i < size.x && j < size.y) {
        y[i * size.y + j] = sum;
    }
}
