/*
 * Sums over some dimensions of an array: y[o] = sum over r of x[kept(o) + reduced(r)], where kept walks through the
 * dimensions that stay and reduced through those that are summed. In levels: the terms of an output are split into parts
 * of at most chunk terms, whose sums are summed in the same way, until one is left. No atomics: the order, and with it the
 * rounding, is fixed.
 */
#include "walk.cl"
#include "tree.cl"

/*
 * For contiguous terms. Work-group o * splits + s sums part s of output o: its work-items take terms in turn, then a tree
 * adds their sums.
 */
kernel void sum_rows(global const float *x, global float *y, const Walk kept, const Walk reduced, const int length,
                     const int chunk, const int splits, local float *scratch) {
    const int output = get_group_id(0) / splits;
    const int split = get_group_id(0) % splits;
    const int end = split * chunk + min(chunk, length - split * chunk);
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
 * For contiguous outputs. Work-item s * outputs + o alone sums part s of output o: together the work-items of a group read
 * along rows.
 */
kernel void sum_columns(global const float *x, global float *y, const Walk kept, const Walk reduced, const int length,
                        const int chunk, const int splits, const int outputs) {
    const uint item = get_global_id(0);
    if (item >= (uint) (splits * outputs)) {
        return;
    }
    const int output = item % outputs;
    const int split = item / outputs;
    const int end = split * chunk + min(chunk, length - split * chunk);
    const int base = places(&kept, output).x;
    float sum = 0;
    for (int r = split * chunk; r < end; r++) {
        sum += x[base + places(&reduced, r).x];
    }
    y[item] = sum;
}
