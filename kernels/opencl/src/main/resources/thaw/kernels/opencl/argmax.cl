/*
 * y[n] = the column of the largest element of row n, the first among equals; NaN counts as larger than any number.
 *
 * A work-group processes one row. Each work-item finds the best of its columns, which are interleaved with the other
 * work-items', and a tree in local memory compares these candidates.
 */
int is_better(float value, int column, float best, int bestColumn) {
    if (isnan(value) || isnan(best)) {
        return isnan(value) && (!isnan(best) || column < bestColumn);
    }
    return value > best || (value == best && column < bestColumn);
}

kernel void argmax(global const float *x, global float *y, const int columns, local float *values, local int *places) {
    const int row = get_group_id(0);
    const int item = get_local_id(0);
    /* A work-item without a column never wins: its place is beyond the last column. */
    float best = -INFINITY;
    int place = columns;
    for (int c = item; c < columns; c += get_local_size(0)) {
        const float value = x[row * columns + c];
        if (is_better(value, c, best, place)) {
            best = value;
            place = c;
        }
    }
    values[item] = best;
    places[item] = place;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int half_size = get_local_size(0) / 2; half_size > 0; half_size /= 2) {
        if (item < half_size) {
            const int other = item + half_size;
            if (is_better(values[other], places[other], values[item], places[item])) {
                values[item] = values[other];
                places[item] = places[other];
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    if (item == 0) {
        y[row] = places[0];
    }
}
