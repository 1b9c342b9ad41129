/*
 * Walks through an array of several dimensions: the element that comes n-th in row-major order has the index
 * i[0], i[1], ... along the dimensions, and lies at i[0]*stride[0] + i[1]*stride[1] + ... in an array, whatever the order in
 * which that one lies. A stride of 0 reads one element again and again. There are at most 8 dimensions: neighbouring ones
 * that can be walked through as one were merged before.
 */
typedef struct {
    int rank;
    int extent[8];
    int strideA[8]; /* in one array */
    int strideB[8]; /* in another, at the same index */
} Walk;

/* Where the n-th element lies in both arrays. */
int2 places(const Walk *walk, int n) {
    int2 place = (int2)(0, 0);
    for (int d = walk->rank - 1; d > 0; d--) {
        const int rest = n / walk->extent[d];
        const int index = n - rest * walk->extent[d];
        place += index * (int2)(walk->strideA[d], walk->strideB[d]);
        n = rest;
    }
    return place + n * (int2)(walk->strideA[0], walk->strideB[0]);
}
