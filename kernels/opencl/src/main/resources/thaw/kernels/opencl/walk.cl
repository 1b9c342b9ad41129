/*
 * A traversal of an array of several dimensions: the n-th element in row-major order has the index i[0], i[1], ... along
 * the dimensions, and is at i[0]*stride[0] + i[1]*stride[1] + ... in an array, whatever that array's layout. A stride of 0
 * reads the same element repeatedly. There are at most 8 dimensions: neighbouring ones that can be traversed as one have
 * been merged.
 */
typedef struct {
    int rank;
    int extent[8];
    int strideA[8]; /* in one array */
    int strideB[8]; /* in another, at the same index */
} Walk;

/*
 * The positions of the n-th element in both arrays. Every index of the tables is a constant: they are arguments, which some drivers
 * (Mesa's llvmpipe) cannot read at an index that differs between work-items.
 */
int2 places(const Walk *walk, int n) {
    int2 place = (int2)(0, 0);
#pragma unroll
    for (int d = 7; d > 0; d--) {
        if (d < walk->rank) {
            const int rest = n / walk->extent[d];
            const int index = n - rest * walk->extent[d];
            place += index * (int2)(walk->strideA[d], walk->strideB[d]);
            n = rest;
        }
    }
    return place + n * (int2)(walk->strideA[0], walk->strideB[0]);
}
