/*
 * Binary cross-entropy of scores x and targets t through the logistic function, with weights v of the positive targets:
 * loss = (1 - t)*x + (1 + (v - 1)*t) * log(1 + e^(-x)), and gx = (1 - t - (1 + (v - 1)*t) / (1 + e^x)) / divisor.
 *
 * A work-group processes a chunk of elements, its work-items taking them in turn; a tree in local memory adds its losses.
 * v repeats along the last dimension, or is null for 1.
 */
#include "tree.cl"

kernel void binary_cross_entropy(global const float *x, global const float *t, global const float *v, const int labels,
                                 const int n, const int chunk, const float divisor, global float *losses, global float *gx,
                                 local float *scratch) {
    const int start = get_group_id(0) * chunk;
    const int end = min(n, start + chunk);
    float loss = 0;
    for (int i = start + get_local_id(0); i < end; i += get_local_size(0)) {
        const float weight = 1 + (v ? v[i % labels] - 1 : 0) * t[i];
        const float softplus = log1p(exp(-fabs(x[i]))) + fmax(-x[i], 0.0f);
        loss += (1 - t[i]) * x[i] + weight * softplus;
        gx[i] = (1 - t[i] - weight / (1 + exp(x[i]))) / divisor;
    }
    loss = tree_sum(loss, scratch);
    if (get_local_id(0) == 0) {
        losses[get_group_id(0)] = loss;
    }
}
