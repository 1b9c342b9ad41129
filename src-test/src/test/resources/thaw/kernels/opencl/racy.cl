/* A race on purpose: a barrier is missing between the write and the neighbour's read. */
kernel void neighbours(global float *result, local float *scratch) {
    const int item = get_local_id(0);
    scratch[item] = item;
    result[item] = scratch[(item + 1) % get_local_size(0)];
}
