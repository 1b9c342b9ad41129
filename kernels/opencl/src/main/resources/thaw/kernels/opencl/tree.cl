/*
 * Sums and maxima over a work-group, of one number per work-item, by a tree in local memory: in each step the first half
 * of the remaining work-items adds the values of the second half. The order, and with it the rounding, is fixed; the error
 * grows with the logarithm of the number of terms. The size of the work-group must be a power of two.
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
