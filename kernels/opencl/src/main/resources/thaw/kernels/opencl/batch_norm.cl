/*
 * Batch normalisation (Ioffe and Szegedy 2015, algorithm 1) of x [N, C, P], with P pixels: a channel has M = N*P values.
 * Value e of channel c is pixel e % P of image e / P, at index (e / P * C + c) * P + e % P; a loop over values divides
 * only once.
 *
 * Statistics are reduced in two levels. In the first, a channel's values are split into parts of chunk values; work-group
 * c * splits + s reduces part s of channel c, its work-items taking values in turn, by a tree in local memory. In the
 * second, work-item c combines the parts of channel c. Then one work-item per element normalises.
 */
#include "tree.cl"

typedef struct {
    int image, pixel;
} Value;

Value value_of(int e, int pixels) {
    Value v;
    v.image = e / pixels;
    v.pixel = e % pixels;
    return v;
}

/* The value that is step values further. */
Value advance(Value v, Value step, int pixels) {
    v.image += step.image;
    v.pixel += step.pixel;
    if (v.pixel >= pixels) {
        v.pixel -= pixels;
        v.image++;
    }
    return v;
}

#define PLACE(v, c, channels, pixels) ((v.image * (channels) + (c)) * (pixels) + v.pixel)

/*
 * First level: the mean m of a part and the sum of squares q = sum of (x - m)^2 about it. Two passes, the second over data
 * that the first has left in the cache: a variance from sums of squares would be a small difference of large numbers. For
 * the same reason the mean is computed from the differences to the part's first value.
 */
kernel void batch_norm_statistics(global const float *x, const int values, const int channels, const int pixels,
                                  const int chunk, const int splits, global float *means, global float *squares,
                                  local float *scratch) {
    const int c = get_group_id(0) / splits;
    const int start = get_group_id(0) % splits * chunk;
    const int end = min(values, start + chunk);
    const Value step = value_of(get_local_size(0), pixels);
    const Value first = value_of(start, pixels);
    const Value mine = value_of(start + get_local_id(0), pixels);
    const float pivot = x[PLACE(first, c, channels, pixels)];
    float sum = 0;
    Value v = mine;
    for (int e = start + get_local_id(0); e < end; e += get_local_size(0)) {
        sum += x[PLACE(v, c, channels, pixels)] - pivot;
        v = advance(v, step, pixels);
    }
    const float mean = pivot + tree_sum(sum, scratch) / (end - start);
    float square = 0;
    v = mine;
    for (int e = start + get_local_id(0); e < end; e += get_local_size(0)) {
        const float d = x[PLACE(v, c, channels, pixels)] - mean;
        square = fma(d, d, square);
        v = advance(v, step, pixels);
    }
    square = tree_sum(square, scratch);
    if (get_local_id(0) == 0) {
        means[get_group_id(0)] = mean;
        squares[get_group_id(0)] = square;
    }
}

/*
 * Second level, by the formula of Chan, Golub and LeVeque (1979): for parts with n[s] values, mean m[s] and squares q[s],
 * mean = sum of n[s]*m[s] / M, and M * var = sum of q[s] + n[s] * (m[s] - mean)^2. Then invStd = 1/sqrt(var + eps), and,
 * unless they are null, running = (1 - momentum) * running + momentum * batch, with the unbiased variance var * M/(M - 1).
 */
kernel void batch_norm_combine(global const float *means, global const float *squares, const int values, const int channels,
                               const int chunk, const int splits, const float eps, const float momentum, global float *mean,
                               global float *invStd, global float *runningMean, global float *runningVar) {
    const int c = get_global_id(0);
    if (c >= channels) {
        return;
    }
    const float pivot = means[c * splits];
    float sum = 0;
    for (int s = 0; s < splits; s++) {
        const int n = min(chunk, values - s * chunk);
        sum = fma((float) n, means[c * splits + s] - pivot, sum);
    }
    const float m = pivot + sum / values;
    float square = 0;
    for (int s = 0; s < splits; s++) {
        const int n = min(chunk, values - s * chunk);
        const float d = means[c * splits + s] - m;
        square += fma(n * d, d, squares[c * splits + s]);
    }
    const float var = square / values;
    mean[c] = m;
    invStd[c] = 1 / sqrt(var + eps);
    if (runningMean) {
        runningMean[c] = fma(momentum, m - runningMean[c], runningMean[c]);
        runningVar[c] = fma(momentum, square / (values - 1) - runningVar[c], runningVar[c]);
    }
}

/* y = act((x - mean) * invStd * weight + bias + residual); residual may be null. */
kernel void batch_norm_normalize(global const float *x, global const float *mean, global const float *invStd,
                                 global const float *weight, global const float *bias, global const float *residual,
                                 const int relu, global float *y, const int n, const int channels, const int pixels) {
    const uint i = get_global_id(0);
    if (i >= (uint) n) {
        return;
    }
    const int c = i / pixels % channels;
    const float v = fma(x[i] - mean[c], invStd[c] * weight[c], bias[c]) + (residual ? residual[i] : 0);
    y[i] = relu && v <= 0 ? 0 : v;
}

/* invStd = 1/sqrt(var + eps) of fixed statistics. */
kernel void batch_norm_inverse_deviation(global const float *var, const float eps, global float *invStd, const int channels) {
    const int c = get_global_id(0);
    if (c < channels) {
        invStd[c] = 1 / sqrt(var[c] + eps);
    }
}

/* A fixed normalisation as y = x*scale + shift: scale = weight/sqrt(var + eps), shift = bias - mean*scale. */
kernel void batch_norm_affine(global const float *weight, global const float *bias, global const float *mean,
                              global const float *var, const float eps, global float *scale, global float *shift,
                              const int channels) {
    const int c = get_global_id(0);
    if (c < channels) {
        const float s = weight[c] / sqrt(var[c] + eps);
        scale[c] = s;
        shift[c] = fma(-mean[c], s, bias[c]);
    }
}

/*
 * First level of the gradients: for a part, sum of g and sum of g * (x - mean) * invStd, where g is gy, or 0 where y shows
 * that the ReLU was inactive; y may be null.
 */
kernel void batch_norm_gradient_sums(global const float *gy, global const float *x, global const float *y,
                                     global const float *mean, global const float *invStd, const int values,
                                     const int channels, const int pixels, const int chunk, const int splits,
                                     global float *sums, global float *products, local float *scratch) {
    const int c = get_group_id(0) / splits;
    const int start = get_group_id(0) % splits * chunk;
    const int end = min(values, start + chunk);
    const float m = mean[c];
    float sum = 0;
    float product = 0;
    const Value step = value_of(get_local_size(0), pixels);
    Value v = value_of(start + get_local_id(0), pixels);
    for (int e = start + get_local_id(0); e < end; e += get_local_size(0)) {
        const int i = PLACE(v, c, channels, pixels);
        const float g = y && y[i] <= 0 ? 0 : gy[i];
        sum += g;
        product = fma(g, x[i] - m, product);
        v = advance(v, step, pixels);
    }
    sum = tree_sum(sum, scratch);
    product = tree_sum(product, scratch);
    if (get_local_id(0) == 0) {
        sums[get_group_id(0)] = sum;
        products[get_group_id(0)] = product * invStd[c];
    }
}

/* Second level: gBias = sum of g, gWeight = sum of g * normalised x. */
kernel void batch_norm_gradient_combine(global const float *sums, global const float *products, const int channels,
                                        const int splits, global float *gWeight, global float *gBias) {
    const int c = get_global_id(0);
    if (c >= channels) {
        return;
    }
    float sum = 0;
    float product = 0;
    for (int s = 0; s < splits; s++) {
        sum += sums[c * splits + s];
        product += products[c * splits + s];
    }
    gBias[c] = sum;
    gWeight[c] = product;
}

/*
 * gx = weight * invStd * (g - gBias/M - xn * gWeight/M), where xn = (x - mean) * invStd is the normalised x, since mean
 * and variance depend on x too (Ioffe and Szegedy 2015, section 3); and gResidual = g. One of the two results may be null.
 */
kernel void batch_norm_input_gradient(global const float *gy, global const float *x, global const float *y,
                                      global const float *weight, global const float *mean, global const float *invStd,
                                      global const float *gWeight, global const float *gBias, global float *gx,
                                      global float *gResidual, const int n, const int channels, const int pixels,
                                      const float inverseValues) {
    const uint i = get_global_id(0);
    if (i >= (uint) n) {
        return;
    }
    const int c = i / pixels % channels;
    const float g = y && y[i] <= 0 ? 0 : gy[i];
    if (gx) {
        const float normalized = (x[i] - mean[c]) * invStd[c];
        gx[i] = weight[c] * invStd[c] * (g - (gBias[c] + normalized * gWeight[c]) * inverseValues);
    }
    if (gResidual) {
        gResidual[i] = g;
    }
}

/* gx = gy * weight * invStd: the statistics are constants. */
kernel void batch_norm_fixed_input_gradient(global const float *gy, global const float *weight, global const float *invStd,
                                            global float *gx, const int n, const int channels, const int pixels) {
    const uint i = get_global_id(0);
    if (i < (uint) n) {
        const int c = i / pixels % channels;
        gx[i] = gy[i] * (weight[c] * invStd[c]);
    }
}
