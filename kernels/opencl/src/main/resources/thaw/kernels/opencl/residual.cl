/*
 * Residuals from which a mask of batch_norm.cl may take what a ReLU has set to 0; it has a byte for each 1 << shift floats. Both
 * may be null.
 */
bool is_masked(global const uchar *mask, const int shift, const int at) {
    return mask && mask[at >> shift] >> (at & ((1 << shift) - 1)) & 1;
}

float residual_at(global const float *residual, global const uchar *mask, const int shift, const int at) {
    return residual && !is_masked(mask, shift, at) ? residual[at] : 0;
}
