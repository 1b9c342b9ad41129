/*
 * Sums over some dimensions of an array: y[o] = sum over r of x[kept(o) + reduced(r)], where kept walks through the dimensions
 * that stay and reduced through those that go. In levels: the terms of an output are cut into splits of at most chunk, whose
 * sums are summed in the same way, until one is left. No atomics: the order, and so the rounding, is always the same.
 */
#include "walk.cl"
#include "tree.cl"

/*
 * Where neighbouring terms are neighbours in memory. Work-group number o * splits + s sums split s of output o: its
 * work-items take terms in turn, then their sums are added by a tree.
 */
kernel void sum_rows(global const float *x, global float *y, const Walk kept, const Walk reduced, const int length,
                     const int chunk, const int splits, local float *scratch) {
    const int output = get_group_id(0) / splits;
    const int split = get_group_id(0) % splits;
    const int end = min(length, (split + 1) * chunk);
    const int base = places(&kept, output).x;
    float sum = 0;
    for (int r = split * chunk + get_local_id(0); r < end; r += get_local_size(0)) {
        sum += x[base + places(&reduced, r).x];
    }
    sum = tree_sum(sum, scratch);
    if (get_local_id(0) == 0) {
        y[output * splits + split] = sum;
    }
}

/*
 * Where neighbouring outputs are neighbours in memory. Work-item number s * outputs + o sums split s of output o, alone:
 * together the work-items of a group read along rows.
 */
kernel void sum_columns(global const float *x, global float *y, const Walk kept, const Walk reduced, const int length,
                        const int chunk, const int splits, const int outputs) {
    const uint item = get_global_id(0);
    if (item >= (uint) (splits * outputs)) {
        return;
    }
    const int output = item % outputs;
    const int split = item / outputs;
    const int end = min(length, (split + 1) * chunk);
    const int base = places(&kept, output).x;
    float sum = 0;
    for (int r = split * chunk; r < end; r++) {
        sum += x[base + places(&reduced, r).x];
    }
    y[item] = sum;
}
