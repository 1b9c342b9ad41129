/*
 * Sums and maxima over a work-group, of a number from each work-item, by a tree in local memory: in each step the first half
 * of the work-items that are left adds what the second half holds. The order is always the same, and so is the rounding; the
 * error grows with the logarithm of the number of terms. A work-group's size is a power of two here.
 */
float tree_sum(float value, local float *scratch) {
    const int item = get_local_id(0);
    scratch[item] = value;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int half_size = get_local_size(0) / 2; half_size > 0; half_size /= 2) {
        if (item < half_size) {
            scratch[item] += scratch[item + half_size];
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    const float sum = scratch[0];
    barrier(CLK_LOCAL_MEM_FENCE); /* scratch may be used again */
    return sum;
}

float tree_max(float value, local float *scratch) {
    const int item = get_local_id(0);
    scratch[item] = value;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int half_size = get_local_size(0) / 2; half_size > 0; half_size /= 2) {
        if (item < half_size) {
            scratch[item] = fmax(scratch[item], scratch[item + half_size]);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    const float max = scratch[0];
    barrier(CLK_LOCAL_MEM_FENCE);
    return max;
}
