/*
 * Softmax and cross-entropy of rows of scores x [N, C]. A work-group processes one row: its work-items take classes in
 * turn, and a tree in local memory reduces sums and maxima over the row. With m = max x, subtracted so that no power
 * overflows, log p = x - m - log(sum of e^(x - m)).
 */
#include "tree.cl"

/* m and log(sum of e^(x - m)) */
float2 row_normalizer(global const float *x, const int classes, local float *scratch) {
    float max = -INFINITY;
    for (int c = get_local_id(0); c < classes; c += get_local_size(0)) {
        max = fmax(max, x[c]);
    }
    max = tree_max(max, scratch);
    float sum = 0;
    for (int c = get_local_id(0); c < classes; c += get_local_size(0)) {
        sum += exp(x[c] - max);
    }
    return (float2)(max, log(tree_sum(sum, scratch)));
}

/* y = log p */
kernel void log_softmax(global const float *x, global float *y, const int classes, local float *scratch) {
    const int row = get_group_id(0) * classes;
    const float2 normalizer = row_normalizer(x + row, classes, scratch);
    for (int c = get_local_id(0); c < classes; c += get_local_size(0)) {
        y[row + c] = x[row + c] - normalizer.x - normalizer.y;
    }
}

/* gx = gy - e^y * sum of gy */
kernel void log_softmax_gradient(global const float *gy, global const float *y, global float *gx, const int classes,
                                 local float *scratch) {
    const int row = get_group_id(0) * classes;
    float sum = 0;
    for (int c = get_local_id(0); c < classes; c += get_local_size(0)) {
        sum += gy[row + c];
    }
    sum = tree_sum(sum, scratch);
    for (int c = get_local_id(0); c < classes; c += get_local_size(0)) {
        gx[row + c] = gy[row + c] - exp(y[row + c]) * sum;
    }
}

/*
 * Cross-entropy of one row, and its gradient: with a[c] = v[c] * (keep * q[c] + spread), where keep = 1 - smoothing and
 * spread = smoothing/C, loss = -sum of a[c] * log p[c], and gx[c] = (p[c] * sum of a - a[c]) / divisor.
 *
 * The targets are class numbers t [N], with q[c] = 1 for c = t, else 0, or probabilities q [N, C]. v: class weights, or
 * null for 1. divisors: null, or one number that replaces divisor for the gradient.
 */
kernel void cross_entropy(global const float *x, global const float *target, const int areClasses, global const float *v,
                          const float keep, const float spread, global const float *divisors, const float divisor,
                          const int classes, global float *losses, global float *gx, local float *scratch) {
    const int n = get_group_id(0);
    const int row = n * classes;
    const float2 normalizer = row_normalizer(x + row, classes, scratch);
    float loss = 0;
    float total = 0;
    for (int c = get_local_id(0); c < classes; c += get_local_size(0)) {
        const float q = areClasses ? c == (int) target[n] : target[row + c];
        const float a = (v ? v[c] : 1) * fma(keep, q, spread);
        total += a;
        /* Terms with a = 0 are 0, even where log p is -infinity. */
        loss -= a == 0 ? 0 : a * (x[row + c] - normalizer.x - normalizer.y);
    }
    loss = tree_sum(loss, scratch);
    total = tree_sum(total, scratch);
    if (get_local_id(0) == 0) {
        losses[n] = loss;
    }
    const float d = divisors ? divisors[0] : divisor;
    for (int c = get_local_id(0); c < classes; c += get_local_size(0)) {
        const float q = areClasses ? c == (int) target[n] : target[row + c];
        const float a = (v ? v[c] : 1) * fma(keep, q, spread);
        gx[row + c] = (exp(x[row + c] - normalizer.x - normalizer.y) * total - a) / d;
    }
}

/* One work-group: the sum of the class weights of n targets, the divisor of their mean; NaN in place of 0. */
kernel void target_weight(global const float *target, global const float *v, const int n, global float *sum,
                          local float *scratch) {
    float part = 0;
    for (int i = get_local_id(0); i < n; i += get_local_size(0)) {
        part += v[(int) target[i]];
    }
    part = tree_sum(part, scratch);
    if (get_local_id(0) == 0) {
        sum[0] = part == 0 ? NAN : part;
    }
}

/* One work-group: the index of the first target that is not a class, or n. As a float, exact up to 2^24. */
kernel void first_wrong_target(global const float *target, const int n, const int classes, global float *wrong,
                               local float *scratch) {
    int first = n;
    for (int i = get_local_id(0); i < n; i += get_local_size(0)) {
        const float t = target[i];
        if (first == n && !(t >= 0 && t < classes && t == rint(t))) {
            first = i;
        }
    }
    const float smallest = -tree_max(-first, scratch);
    if (get_local_id(0) == 0) {
        wrong[0] = smallest;
    }
}

/* One work-group: the sum of n losses / divisor, or / divisors[0] if that is not null. */
kernel void total_loss(global const float *losses, const int n, global const float *divisors, const float divisor,
                       global float *loss, local float *scratch) {
    float part = 0;
    for (int i = get_local_id(0); i < n; i += get_local_size(0)) {
        part += losses[i];
    }
    part = tree_sum(part, scratch);
    if (get_local_id(0) == 0) {
        loss[0] = part / (divisors ? divisors[0] : divisor);
    }
}
