/*
 * Dropout (Srivastava et al. 2014): y = x * scale where the element is kept, else 0. Work-item i decides on element i by a
 * hash of seed + i, so that no mask is stored and no state is shared: the output function of SplitMix64 (Steele, Lea and
 * Flood 2014), of which the top 24 bits are compared with threshold = p * 2^24.
 */
ulong splitmix64(ulong z) {
    z += 0x9e3779b97f4a7c15UL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9UL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebUL;
    return z ^ (z >> 31);
}

kernel void dropout(global const float *x, const ulong seed, const int threshold, const float scale, global float *y,
                    const int n) {
    const uint i = get_global_id(0);
    if (i < (uint) n) {
        y[i] = (int) (splitmix64(seed + i) >> 40) >= threshold ? x[i] * scale : 0;
    }
}
