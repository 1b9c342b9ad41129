/*
 * Batch normalisation (Ioffe and Szegedy 2015, algorithm 1) of x [N, C, P], with P pixels: a channel has M = N*P values.
 * All kernels are bound by memory: they move vectors of VW floats, into which planes divide, and divide nothing per value.
 *
 * A channel's vectors are split into parts of chunk; work-group c * splits + s has part s of channel c. Vector e of channel c
 * is vector e % P of image e / P, where P counts vectors. Statistics and sums take two kernels: in the first, the work-items
 * of a group take HELD vectors each, in turn, all of which are on their way at once, and a tree in local memory adds their
 * sums. In the second, every group joins the results of all parts of its channel before it uses them, and the first group of
 * a channel stores them.
 */
#include "tree.cl"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#if VW == 1
#define FLOATV float
#define VSUM(v) (v)
#define MASK_OF(inactive) ((uchar) (inactive))
#define WITHOUT(g, mask) ((mask) ? 0 : (g))
#else
#define FLOATV JOIN(float, VW)
#define VSUM(v) ((v).s0 + (v).s1 + (v).s2 + (v).s3)
#define MASK_OF(inactive) ((uchar) (((inactive).s0 & 1) | ((inactive).s1 & 2) | ((inactive).s2 & 4) | ((inactive).s3 & 8)))
#define WITHOUT(g, mask) select(g, (FLOATV) (0), ((int4) (mask) & (int4) (1, 2, 4, 8)) != 0)
#endif

/* Vectors of a work-item of the first level. */
#define HELD (16 / VW)

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
 * A mask has a byte for each vector, whose bits say which of its values the ReLU has set to 0: the gradients, which read it
 * twice, move a sixteenth of the bytes that they would from the ReLU's output.
 */

/* g where the ReLU was active; the mask may be null. */
#define MASKED(g, mask, i) ((mask) ? WITHOUT(g, (mask)[i]) : (g))

/*
 * The mean m of the vectors from start to end of channel c, and the sum of squares q = sum of (x - m)^2 about it, from
 * values held in registers: a variance from sums of squares would be a small difference of large numbers. For the same
 * reason the mean is computed from the differences to the first value. What a work-group does not hold at once, it takes in
 * rounds, and joins their means and squares by the formula of join_statistics.
 */
float2 part_statistics(global const FLOATV *x, const int c, const int start, const int end, const int channels,
                       const int pixels, local float *scratch) {
    const int size = get_local_size(0);
    const Value step = value_of(size, pixels);
    Value v = value_of(start + get_local_id(0), pixels);
    float mean = 0;
    float squares = 0;
    for (int from = start; from < end; from += HELD * size) {
        const int to = min(end, from + HELD * size);
        const int mine = from + get_local_id(0);
        const Value first = value_of(from, pixels);
        const float pivot = ((global const float *) (x + PLACE(first, c, channels, pixels)))[0];
        FLOATV held[HELD];
#pragma unroll
        for (int i = 0; i < HELD; i++) {
            const bool exists = mine + i * size < to;
            const FLOATV value = x[exists ? PLACE(v, c, channels, pixels) : 0];
            held[i] = exists ? value - pivot : (FLOATV) (0);
            v = advance(v, step, pixels);
        }
        FLOATV sum = (FLOATV) (0);
#pragma unroll
        for (int i = 0; i < HELD; i++) {
            sum += held[i];
        }
        const float meanOfRound = tree_sum(VSUM(sum), scratch) / (VW * (to - from));
        FLOATV square = (FLOATV) (0);
#pragma unroll
        for (int i = 0; i < HELD; i++) {
            const FLOATV d = mine + i * size < to ? held[i] - meanOfRound : (FLOATV) (0);
            square = fma(d, d, square);
        }
        const float d = pivot + meanOfRound - mean;
        const float share = (to - from) / (float) (to - start);
        mean = fma(d, share, mean);
        squares += tree_sum(VSUM(square), scratch) + (from > start ? d * d * share * (VW * (from - start)) : 0);
    }
    return (float2) (mean, squares);
}

/*
 * The parts' means, squares and numbers of values, [3][channel][part]. values, pixels and chunk count vectors.
 * A convolution leaves the parts of its result itself (gemm.cl, winograd.cl).
 */
kernel void batch_norm_statistics(global const FLOATV *x, global float *parts, const int values, const int channels,
                                  const int pixels, const int chunk, const int splits, local float *scratch) {
    const int start = get_group_id(0) % splits * chunk;
    const int end = min(values, start + chunk);
    const float2 part = part_statistics(x, get_group_id(0) / splits, start, end, channels, pixels, scratch);
    if (get_local_id(0) == 0) {
        parts += get_group_id(0);
        parts[0] = part.x;
        parts[channels * splits] = part.y;
        parts[2 * channels * splits] = VW * (end - start);
    }
}

/*
 * The mean of a channel and the sum of squares about it, by the formula of Chan, Golub and LeVeque (1979): for parts with n[s]
 * values, mean m[s] and squares q[s], mean = sum of n[s]*m[s] / M, and M * var = sum of q[s] + n[s] * (m[s] - mean)^2. values
 * counts floats.
 */
float2 join_statistics(global const float *parts, const int c, const int channels, const int values, const int ofChannel,
                       local float *scratch) {
    global const float *means = parts + c * ofChannel;
    global const float *squares = means + channels * ofChannel;
    global const float *counts = squares + channels * ofChannel;
    const float pivot = isfinite(means[0]) ? means[0] : 0;   /* an infinite mean stays one: inf - inf is NaN */
    float sum = 0;
    for (int s = get_local_id(0); s < ofChannel; s += get_local_size(0)) {
        sum = fma(counts[s], means[s] - pivot, sum);
    }
    const float mean = pivot + tree_sum(sum, scratch) / values;
    float square = 0;
    for (int s = get_local_id(0); s < ofChannel; s += get_local_size(0)) {
        const float d = means[s] - mean;
        square += fma(counts[s] * d, d, squares[s]);
    }
    return (float2) (mean, tree_sum(square, scratch));
}

/*
 * y = (x - mean) * invStd * weight + bias + residual, where residual may be null; then a ReLU if there is a mask for it. Of the
 * channel's statistics, those of ofChannel parts joined, it stores the mean, invStd = 1/sqrt(var + eps), and, unless they are
 * null, running = (1 - momentum) * running + momentum * batch, with the unbiased variance var * M/(M - 1).
 */
kernel void batch_norm_normalize(global const FLOATV *restrict x, global const float *parts, const int ofChannel,
                                 global const float *weight, global const float *bias, const float eps, const float momentum,
                                 global float *mean, global float *invStd, global float *runningMean, global float *runningVar,
                                 global const FLOATV *restrict residual, global uchar *restrict mask, global FLOATV *restrict y,
                                 const int values, const int channels, const int pixels, const int chunk, const int splits,
                                 local float *scratch) {
    const int c = get_group_id(0) / splits;
    const int start = get_group_id(0) % splits * chunk;
    const int end = min(values, start + chunk);
    const int count = values * VW;
    const float2 all = join_statistics(parts, c, channels, count, ofChannel, scratch);
    const float deviation = 1 / sqrt(all.y / count + eps);
    if (start == 0 && get_local_id(0) == 0) {
        mean[c] = all.x;
        invStd[c] = deviation;
        if (runningMean) {
            runningMean[c] = fma(momentum, all.x - runningMean[c], runningMean[c]);
            runningVar[c] = fma(momentum, all.y / (count - 1) - runningVar[c], runningVar[c]);
        }
    }
    const FLOATV scale = (FLOATV) (deviation * weight[c]);
    const FLOATV shift = (FLOATV) (bias[c]);
    const Value step = value_of(get_local_size(0), pixels);
    Value v = value_of(start + get_local_id(0), pixels);
#pragma unroll 4
    for (int e = start + get_local_id(0); e < end; e += get_local_size(0)) {
        const int i = PLACE(v, c, channels, pixels);
        FLOATV result = fma(x[i] - all.x, scale, shift) + (residual ? residual[i] : (FLOATV) (0));
        if (mask) {
            mask[i] = MASK_OF(result <= (FLOATV) (0));
            result = select(result, (FLOATV) (0), result <= (FLOATV) (0));
        }
        y[i] = result;
        v = advance(v, step, pixels);
    }
}

/* The vector of this work-item, or a return; pixels counts vectors. */
#define VECTOR_OF_PLANE(i, c, channels, pixels)                                          \
    const int c = get_global_id(1);                                                      \
    if (get_global_id(0) >= pixels || c >= channels) {                                   \
        return;                                                                          \
    }                                                                                    \
    const uint i = (get_global_id(2) * channels + c) * pixels + get_global_id(0);

/* y = (x - mean) / sqrt(var + eps) * weight + bias, of fixed statistics. */
kernel void batch_norm_fixed(global const FLOATV *x, global const float *mean, global const float *var,
                             global const float *weight, global const float *bias, global FLOATV *y, const int channels,
                             const int pixels, const float eps) {
    VECTOR_OF_PLANE(i, c, channels, pixels)
    y[i] = fma(x[i] - mean[c], (FLOATV) (weight[c] / sqrt(var[c] + eps)), (FLOATV) (bias[c]));
}

/* g = gy where the ReLU was active. */
kernel void batch_norm_masked(global const FLOATV *gy, global const uchar *mask, global FLOATV *g, const int channels,
                              const int pixels) {
    VECTOR_OF_PLANE(i, c, channels, pixels)
    g[i] = MASKED(gy[i], mask, i);
}

/* The mask of a ReLU's output. */
kernel void batch_norm_mask(global const FLOATV *y, global uchar *mask, const int channels, const int pixels) {
    VECTOR_OF_PLANE(i, c, channels, pixels)
    mask[i] = MASK_OF(y[i] <= (FLOATV) (0));
}

/* invStd = 1/sqrt(var + eps) of fixed statistics. */
kernel void batch_norm_inverse_deviation(global const float *var, const float eps, global float *invStd, const int channels) {
    const int c = get_global_id(0);
    if (c < channels) {
        invStd[c] = 1 / sqrt(var[c] + eps);
    }
}

/* A fixed normalisation as y = x*scale + shift: scale = weight/sqrt(var + eps), shift = bias - mean*scale. */
kernel void batch_norm_scale(global const float *weight, global const float *var, const float eps, global float *scale,
                             const int channels) {
    const int c = get_global_id(0);
    if (c < channels) {
        scale[c] = weight[c] / sqrt(var[c] + eps);
    }
}

kernel void batch_norm_shift(global const float *weight, global const float *var, global const float *mean,
                             global const float *bias, const float eps, global float *shift, const int channels) {
    const int c = get_global_id(0);
    if (c < channels) {
        shift[c] = fma(-mean[c], weight[c] / sqrt(var[c] + eps), bias[c]);
    }
}

/*
 * For a part, the sum of g and the sum of g * (x - mean) * invStd, where g is gy, or 0 where the ReLU was inactive; the mask may
 * be null. values, pixels and chunk count vectors.
 */
kernel void batch_norm_gradient_sums(global const FLOATV *gy, global const FLOATV *x, global const uchar *mask,
                                     global const float *mean, global const float *invStd, global float *sums,
                                     global float *products, const int values, const int channels, const int pixels,
                                     const int chunk, const int splits, local float *scratch) {
    const int c = get_group_id(0) / splits;
    const int start = get_group_id(0) % splits * chunk;
    const int end = min(values, start + chunk);
    const int mine = start + get_local_id(0);
    const int size = get_local_size(0);
    const float m = mean[c];
    FLOATV sum = (FLOATV) (0);
    FLOATV product = (FLOATV) (0);
    const Value step = value_of(size, pixels);
    Value v = value_of(mine, pixels);
    for (int at = mine; at < end; at += HELD * size) {
#pragma unroll
        for (int k = 0; k < HELD; k++) {
            const bool exists = at + k * size < end;
            const int i = exists ? PLACE(v, c, channels, pixels) : 0;
            const FLOATV masked = MASKED(gy[i], mask, i);
            const FLOATV g = exists ? masked : (FLOATV) (0);
            const FLOATV d = exists ? x[i] - m : (FLOATV) (0);
            sum += g;
            product = fma(g, d, product);
            v = advance(v, step, pixels);
        }
    }
    const float sumOfGroup = tree_sum(VSUM(sum), scratch);
    const float productOfGroup = tree_sum(VSUM(product), scratch);
    if (get_local_id(0) == 0) {
        sums[get_group_id(0)] = sumOfGroup;
        products[get_group_id(0)] = productOfGroup * invStd[c];
    }
}

/*
 * gx = weight * invStd * (g - gBias/M - xn * gWeight/M), where xn = (x - mean) * invStd is the normalised x, since mean
 * and variance depend on x too (Ioffe and Szegedy 2015, section 3); gBias = sum of g and gWeight = sum of g * xn, from the sums
 * of the parts.
 */
kernel void batch_norm_input_gradient(global const FLOATV *restrict gy, global const FLOATV *restrict x,
                                      global const uchar *restrict mask, global const float *weight, global const float *mean,
                                      global const float *invStd, global const float *sums, global const float *products,
                                      const int ofChannel, global float *gWeight, global float *gBias, global FLOATV *restrict gx,
                                      const int values, const int channels,
                                      const int pixels, const int chunk, const int splits, local float *scratch) {
    const int c = get_group_id(0) / splits;
    const int start = get_group_id(0) % splits * chunk;
    const int end = min(values, start + chunk);
    float sum = 0;
    float product = 0;
    for (int s = get_local_id(0); s < ofChannel; s += get_local_size(0)) {
        sum += sums[c * ofChannel + s];
        product += products[c * ofChannel + s];
    }
    sum = tree_sum(sum, scratch);
    product = tree_sum(product, scratch);
    if (start == 0 && get_local_id(0) == 0) {
        gBias[c] = sum;
        gWeight[c] = product;
    }
    const int count = values * VW;
    const float deviation = invStd[c];
    const float m = mean[c];
    const float scale = weight[c] * deviation;
    const float ofAll = sum / count;
    const float ofNormalized = product / count * deviation;
    const Value step = value_of(get_local_size(0), pixels);
    Value v = value_of(start + get_local_id(0), pixels);
#pragma unroll 4
    for (int e = start + get_local_id(0); e < end; e += get_local_size(0)) {
        const int i = PLACE(v, c, channels, pixels);
        gx[i] = scale * (MASKED(gy[i], mask, i) - (ofAll + (x[i] - m) * ofNormalized));
        v = advance(v, step, pixels);
    }
}

/* Both steps of the gradient, for a channel whose vectors a work-group holds: it reads gy and x once. */
kernel void batch_norm_channel_gradient(global const FLOATV *restrict gy, global const FLOATV *restrict x,
                                        global const uchar *restrict mask, global const float *weight,
                                        global const float *mean, global const float *invStd, global float *gWeight,
                                        global float *gBias, global FLOATV *restrict gx,
                                        const int values, const int channels, const int pixels, const int chunk,
                                        const int splits, local float *scratch) {
    const int c = get_group_id(0);
    const int mine = get_local_id(0);
    const int size = get_local_size(0);
    const float m = mean[c];
    const float deviation = invStd[c];
    const Value step = value_of(size, pixels);
    Value v = value_of(mine, pixels);
    FLOATV g[HELD];
    FLOATV d[HELD];
    int at[HELD];
#pragma unroll
    for (int k = 0; k < HELD; k++) {
        const bool exists = mine + k * size < values;
        at[k] = exists ? PLACE(v, c, channels, pixels) : 0;
        const FLOATV masked = MASKED(gy[at[k]], mask, at[k]);
        g[k] = exists ? masked : (FLOATV) (0);
        d[k] = exists ? x[at[k]] - m : (FLOATV) (0);
        v = advance(v, step, pixels);
    }
    FLOATV sum = (FLOATV) (0);
    FLOATV product = (FLOATV) (0);
#pragma unroll
    for (int k = 0; k < HELD; k++) {
        sum += g[k];
        product = fma(g[k], d[k], product);
    }
    const float ofG = tree_sum(VSUM(sum), scratch);
    const float ofProducts = tree_sum(VSUM(product), scratch) * deviation;
    if (mine == 0) {
        gBias[c] = ofG;
        gWeight[c] = ofProducts;
    }
    const int count = values * VW;
    const float scale = weight[c] * deviation;
#pragma unroll
    for (int k = 0; k < HELD; k++) {
        if (mine + k * size < values) {
            gx[at[k]] = scale * (g[k] - (ofG / count + d[k] * (ofProducts / count * deviation)));
        }
    }
}

/* gx = gy * weight * invStd: the statistics are constants. */
kernel void batch_norm_fixed_input_gradient(global const FLOATV *gy, global const float *weight, global const float *invStd,
                                            global FLOATV *gx, const int channels, const int pixels) {
    VECTOR_OF_PLANE(i, c, channels, pixels)
    gx[i] = gy[i] * (weight[c] * invStd[c]);
}
