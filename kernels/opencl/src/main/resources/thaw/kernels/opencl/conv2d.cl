/*
 * Convolution, for any stride, padding, dilation and number of groups:
 *
 * y[n, k, i, j] = sum over c, r, s of x[n, c, i*stride + r*dilation - padding, j*stride + s*dilation - padding] * w[k, c, r, s],
 *
 * with zeros outside the image, and c over the group of k.
 *
 * For convolutions of several groups, whose products are too thin for gemm.cl: a result is the sum of C/groups*R*S
 * products, 9 if every channel is its own group, 36 in ResNeXt-50. They are therefore bound by memory: 9 products for one
 * pixel read and one written, at 4 bytes each, are 18 operations for 8 bytes, and the other reads of a pixel come from the
 * caches.
 *
 * Tiling: each work-item computes one element of the result or of the input's gradient; those of a work-group are
 * neighbours, so that they read neighbouring pixels and the same weights. The weight's gradient has few elements, each a
 * sum over all pixels of all images: on a card one work-group computes one element, in two levels. On a CPU, where a
 * work-group runs on one thread and a barrier is expensive, one work-item computes one element, row by row.
 *
 * STRIDE_H and STRIDE_W are compile-time constants, so that no loop divides by a variable.
 */
#include "digits.cl"
#include "multiply_add.cl"
#include "tree.cl"

typedef struct {
    int batch, channels, height, width;          /* of x */
    int outChannels, outHeight, outWidth;        /* of y */
    int kernelHeight, kernelWidth;
    int paddingH, paddingW, dilationH, dilationW;
    int groups;
} Geometry;

/* scale, shift and residual may be null: y = act(scale[k] * conv + shift[k] + residual). */
kernel void conv2d(global const float *x, global const float *w, global const float *scale, global const float *shift,
                   global const float *residual, const int relu, global float *y, const Geometry g) {
    const uint at = get_global_id(0);
    const int pixels = g.outHeight * g.outWidth;
    if (at >= (uint) (g.batch * g.outChannels * pixels)) {
        return;
    }
    const int j = at % g.outWidth;
    const int i = at / g.outWidth % g.outHeight;
    const int k = at / pixels % g.outChannels;
    const int n = at / pixels / g.outChannels;
    const int ofGroup = g.channels / g.groups;
    const int first = k / (g.outChannels / g.groups) * ofGroup;
    float sum = 0;
    for (int c = 0; c < ofGroup; c++) {
        float part = 0;
        for (int r = 0; r < g.kernelHeight; r++) {
            const int h = i * STRIDE_H + r * g.dilationH - g.paddingH;
            for (int s = 0; s < g.kernelWidth; s++) {
                const int v = j * STRIDE_W + s * g.dilationW - g.paddingW;
                if (h >= 0 && h < g.height && v >= 0 && v < g.width) {
                    part = MULTIPLY_ADD(x[((n * g.channels + first + c) * g.height + h) * g.width + v],
                               w[((k * ofGroup + c) * g.kernelHeight + r) * g.kernelWidth + s], part);
                }
            }
        }
        sum += part;
    }
    float result = (scale ? scale[k] * sum : sum) + (shift ? shift[k] : 0) + (residual ? residual[at] : 0);
    y[at] = relu && result < 0 ? 0 : result;
}

/*
 * gx[n, c, h, v] = sum over k, r, s of gy[n, k, i, j] * w[k, c, r, s], over all output pixels (i, j) that read input pixel
 * (h, v) through (r, s): i*stride = h + padding - r*dilation, which has a solution if the right side is a multiple of
 * stride.
 */
kernel void conv2d_input_gradient(global const float *gy, global const float *w, global float *gx, const Geometry g) {
    const uint at = get_global_id(0);
    const int pixels = g.height * g.width;
    if (at >= (uint) (g.batch * g.channels * pixels)) {
        return;
    }
    const int v = at % g.width;
    const int h = at / g.width % g.height;
    const int c = at / pixels % g.channels;
    const int n = at / pixels / g.channels;
    const int ofGroup = g.channels / g.groups;
    const int outOfGroup = g.outChannels / g.groups;
    const int first = c / ofGroup * outOfGroup;
    float sum = 0;
    for (int k = first; k < first + outOfGroup; k++) {
        float part = 0;
        for (int r = 0; r < g.kernelHeight; r++) {
            const int fromTop = h + g.paddingH - r * g.dilationH;
            const int i = fromTop / STRIDE_H;
            if (fromTop < 0 || i * STRIDE_H != fromTop || i >= g.outHeight) {
                continue;
            }
            for (int s = 0; s < g.kernelWidth; s++) {
                const int fromLeft = v + g.paddingW - s * g.dilationW;
                const int j = fromLeft / STRIDE_W;
                if (fromLeft >= 0 && j * STRIDE_W == fromLeft && j < g.outWidth) {
                    part = MULTIPLY_ADD(gy[((n * g.outChannels + k) * g.outHeight + i) * g.outWidth + j],
                               w[((k * ofGroup + c % ofGroup) * g.kernelHeight + r) * g.kernelWidth + s], part);
                }
            }
        }
        sum += part;
    }
    gx[at] = sum;
}

/*
 * gw[k, c, r, s] = sum over n, i, j of gy[n, k, i, j] * x[n, c, i*stride + r*dilation - padding, j*stride + ...].
 *
 * One work-group per weight: its work-items take output pixels in turn, neighbours at a time, and a tree adds their sums.
 */
kernel void conv2d_weight_gradient(global const float *gy, global const float *x, global float *gw, const Geometry g,
                                   local float *scratch) {
    const int weight = get_group_id(0);
    const int ofGroup = g.channels / g.groups;
    const int s = weight % g.kernelWidth;
    const int r = weight / g.kernelWidth % g.kernelHeight;
    const int c = weight / (g.kernelWidth * g.kernelHeight) % ofGroup;
    const int k = weight / (g.kernelWidth * g.kernelHeight) / ofGroup;
    const int channel = k / (g.outChannels / g.groups) * ofGroup + c;
    const int top = r * g.dilationH - g.paddingH;
    const int left = s * g.dilationW - g.paddingW;
    const int size = get_local_size(0);
    const int pixels = g.batch * g.outHeight * g.outWidth;
    const Digits step = digits_of(size, g.outHeight, g.outWidth);
    Digits pixel = digits_of(get_local_id(0), g.outHeight, g.outWidth);
    float sum = 0;
    for (int at = get_local_id(0); at < pixels; at += size) {
        const int h = pixel.k1 * STRIDE_H + top;
        const int v = pixel.k2 * STRIDE_W + left;
        if (h >= 0 && h < g.height && v >= 0 && v < g.width) {
            sum = MULTIPLY_ADD(gy[((pixel.k0 * g.outChannels + k) * g.outHeight + pixel.k1) * g.outWidth + pixel.k2],
                      x[((pixel.k0 * g.channels + channel) * g.height + h) * g.width + v], sum);
        }
        pixel = advance(pixel, step, g.outHeight, g.outWidth);
    }
    sum = tree_sum(sum, scratch);
    if (get_local_id(0) == 0) {
        gw[weight] = sum;
    }
}

/* The same with one work-item per weight. */
kernel void conv2d_weight_gradient_solo(global const float *gy, global const float *x, global float *gw, const Geometry g) {
    const uint at = get_global_id(0);
    const int ofGroup = g.channels / g.groups;
    if (at >= (uint) (g.outChannels * ofGroup * g.kernelHeight * g.kernelWidth)) {
        return;
    }
    const int s = at % g.kernelWidth;
    const int r = at / g.kernelWidth % g.kernelHeight;
    const int c = at / (g.kernelWidth * g.kernelHeight) % ofGroup;
    const int k = at / (g.kernelWidth * g.kernelHeight) / ofGroup;
    const int first = k / (g.outChannels / g.groups) * ofGroup;
    float sum = 0;
    for (int n = 0; n < g.batch; n++) {
        float image = 0;
        for (int i = 0; i < g.outHeight; i++) {
            const int h = i * STRIDE_H + r * g.dilationH - g.paddingH;
            if (h < 0 || h >= g.height) {
                continue;
            }
            float row = 0;
            for (int j = 0; j < g.outWidth; j++) {
                const int v = j * STRIDE_W + s * g.dilationW - g.paddingW;
                if (v >= 0 && v < g.width) {
                    row = MULTIPLY_ADD(gy[((n * g.outChannels + k) * g.outHeight + i) * g.outWidth + j],
                              x[((n * g.channels + first + c) * g.height + h) * g.width + v], row);
                }
            }
            image += row;
        }
        sum += image;
    }
    gw[at] = sum;
}
