/*
 * 3x3 convolutions of stride 1 by Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray 2016, section 4):
 *
 *   Y = A' [ (G g G') * (B' d B) ] A
 *
 * A tile of 4x4 outputs depends on 6x6 inputs d and takes 36 products instead of 144, one for each pair of the points 0,
 * 1, -1, 2, -2 and infinity at which a line's polynomials are evaluated. For all tiles and channels these are 36 products
 * of matrices (gemm.cl) between two transforms:
 *
 *   u[pair][channel][output]  = G g G'         winograd_weights, one work-item per filter
 *   v[pair][channel][tile]    = B' d B         winograd_input, one work-item per tile of a channel
 *   m[pair][output][tile]     = u' v           the product
 *   y                         = A' m A         winograd_output, one work-item per tile of an output channel, with the epilogue,
 *                               or statistics for the batch norm that follows
 *
 * Tiling: neighbouring work-items process neighbouring tiles, so that accesses to v and m coalesce; the 36 numbers of a
 * tile are in registers. A transform moves 36/16 of the image in addition to the image itself, so many channels are needed
 * for a gain.
 *
 * The gradient of the input is the same with gy for x, w with its channels exchanged and rotated by 180 degrees, and a
 * padding of 2 - padding.
 *
 * The gradient of the weight, F(3x3, 4x4), has 3x3 outputs: each tile of 4x4 pixels of gy is a filter on the same 6x6
 * inputs, at the same points. The products sum over tiles, and one transform of their sums gives a filter's gradient:
 *
 *   g[pair][output][tile]     = G g G'         winograd_gradient, one work-item per tile of an output channel
 *   m[pair][output][channel]  = g v'           the product, in parts
 *   gw                        = A' m A         winograd_weight_gradient, one work-item per filter
 */
#include "multiply_add.cl"
#include "tree.cl"
#include "residual.cl"

typedef struct {
    int channels, height, width;              /* of the input */
    int outputs, outHeight, outWidth;
    int paddingH, paddingW;
    int firstImage, rows, columns, tiles;     /* tiles of an image along both axes, and of all images of this pass */
} Pass;

/* One line of B' d: 6 inputs to 6 points. */
#define INPUT_LINE(d0, d1, d2, d3, d4, d5, to, step) \
    { \
        const float even1 = MULTIPLY_ADD(-4.0f, d2, d4); \
        const float odd1 = MULTIPLY_ADD(-4.0f, d1, d3); \
        const float even2 = d4 - d2; \
        const float odd2 = 2 * (d3 - d1); \
        to[0 * step] = MULTIPLY_ADD(4.0f, d0, MULTIPLY_ADD(-5.0f, d2, d4)); \
        to[1 * step] = even1 + odd1; \
        to[2 * step] = even1 - odd1; \
        to[3 * step] = even2 + odd2; \
        to[4 * step] = even2 - odd2; \
        to[5 * step] = MULTIPLY_ADD(4.0f, d1, MULTIPLY_ADD(-5.0f, d3, d5)); \
    }

kernel void winograd_input(global const float *x, global float *v, const Pass p) {
    const int tile = get_global_id(0);
    const int channel = get_global_id(1);
    if (tile >= p.tiles) {
        return;
    }
    const int left = tile % p.columns * 4 - p.paddingW;
    const int top = tile / p.columns % p.rows * 4 - p.paddingH;
    const int image = p.firstImage + tile / p.columns / p.rows;
    global const float *plane = x + (image * p.channels + channel) * p.height * p.width;
    float lines[36];
#pragma unroll
    for (int j = 0; j < 6; j++) {
        float d[6];
        const bool inside = (uint) (left + j) < (uint) p.width;
#pragma unroll
        for (int i = 0; i < 6; i++) {
            const bool exists = inside && (uint) (top + i) < (uint) p.height;
            const float value = plane[exists ? (top + i) * p.width + left + j : 0];
            d[i] = exists ? value : 0;
        }
        float *to = lines + j;
        INPUT_LINE(d[0], d[1], d[2], d[3], d[4], d[5], to, 6)
    }
    const int step = p.channels * p.tiles;
    v += channel * p.tiles + tile;
#pragma unroll
    for (int i = 0; i < 6; i++) {
        const float *d = lines + i * 6;
        global float *to = v + i * 6 * step;
        INPUT_LINE(d[0], d[1], d[2], d[3], d[4], d[5], to, step)
    }
}

/* One line of A' m: 6 points to 4 outputs. */
#define OUTPUT_LINE(m0, m1, m2, m3, m4, m5, to, step) \
    { \
        const float sum1 = m1 + m2; \
        const float difference1 = m1 - m2; \
        const float sum2 = m3 + m4; \
        const float difference2 = m3 - m4; \
        to[0 * step] = m0 + sum1 + sum2; \
        to[1 * step] = MULTIPLY_ADD(2.0f, difference2, difference1); \
        to[2 * step] = MULTIPLY_ADD(4.0f, sum2, sum1); \
        to[3 * step] = MULTIPLY_ADD(8.0f, difference2, difference1) + m5; \
    }

/* The 4x4 outputs of a tile. */
void output_tile(global const float *m, const int tile, const int output, float *values, const Pass p) {
    const int step = p.outputs * p.tiles;
    m += output * p.tiles + tile;
    float lines[24];
#pragma unroll
    for (int j = 0; j < 6; j++) {
        float *to = lines + j;
        OUTPUT_LINE(m[j * step], m[(6 + j) * step], m[(12 + j) * step], m[(18 + j) * step], m[(24 + j) * step],
                    m[(30 + j) * step], to, 6)
    }
#pragma unroll
    for (int i = 0; i < 4; i++) {
        const float *d = lines + i * 6;
        float *to = values + i * 4;
        OUTPUT_LINE(d[0], d[1], d[2], d[3], d[4], d[5], to, 1)
    }
}

/* y = act(scale[k]*conv + shift[k] + residual); scale, shift, residual and its mask may be null. */
void store_tile(const float *values, const int tile, const int output, global const float *scale, global const float *shift,
                global const float *residual, global const uchar *mask, const int maskShift, const int relu, global float *y,
                const Pass p) {
    const int left = tile % p.columns * 4;
    const int top = tile / p.columns % p.rows * 4;
    const int image = p.firstImage + tile / p.columns / p.rows;
    const int start = (image * p.outputs + output) * p.outHeight * p.outWidth;
    const float factor = scale ? scale[output] : 1;
    const float term = shift ? shift[output] : 0;
#pragma unroll
    for (int i = 0; i < 4; i++) {
        const float *line = values + i * 4;
        const int at = start + (top + i) * p.outWidth + left;
        if (top + i < p.outHeight && p.outWidth % 2 == 0) {
            /* Lines of even length consist of aligned pairs. */
#pragma unroll
            for (int j = 0; j < 4; j += 2) {
                if (left + j < p.outWidth) {
                    float2 more = residual ? vload2(0, residual + at + j) : (float2) (0);
                    if (mask) {
                        more = (float2) (is_masked(mask, maskShift, at + j) ? 0 : more.x,
                                         is_masked(mask, maskShift, at + j + 1) ? 0 : more.y);
                    }
                    const float2 result = MULTIPLY_ADD((float2) (factor), (float2) (line[j], line[j + 1]), (float2) (term))
                            + more;
                    vstore2(relu ? select(result, (float2) (0), result < 0) : result, 0, y + at + j);
                }
            }
        } else if (top + i < p.outHeight) {
#pragma unroll
            for (int j = 0; j < 4; j++) {
                if (left + j < p.outWidth) {
                    const float result = MULTIPLY_ADD(factor, line[j], term) + residual_at(residual, mask, maskShift, at + j);
                    y[at + j] = relu && result < 0 ? 0 : result;
                }
            }
        }
    }
}

kernel void winograd_output(global const float *m, global const float *scale, global const float *shift,
                            global const float *residual, global const uchar *mask, const int maskShift, const int relu,
                            global float *y, const Pass p) {
    const int tile = get_global_id(0);
    const int output = get_global_id(1);
    if (tile < p.tiles) {
        float values[16];
        output_tile(m, tile, output, values, p);
        store_tile(values, tile, output, scale, shift, residual, mask, maskShift, relu, y, p);
    }
}

/*
 * y = conv, and the parts of its statistics, [3][output][group of tiles], as batch_norm.cl expects them: mean, sum of squares
 * about it and number of the outputs of a work-group.
 */
kernel void winograd_output_statistics(global const float *m, global float *y, const Pass p, global float *parts,
                                       local float *scratch) {
    const int tile = get_global_id(0);
    const int output = get_global_id(1);
    const int height = tile < p.tiles ? min(4, p.outHeight - tile / p.columns % p.rows * 4) : 0;
    const int width = min(4, p.outWidth - tile % p.columns * 4);
    float values[16];
    if (tile < p.tiles) {
        output_tile(m, tile, output, values, p);
        store_tile(values, tile, output, 0, 0, 0, 0, 0, 0, y, p);
    }
    if (get_local_id(0) == 0) {
        scratch[0] = values[0];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    const float pivot = scratch[0];
    barrier(CLK_LOCAL_MEM_FENCE); /* scratch is used again */
    float sum = 0;
#pragma unroll
    for (int i = 0; i < 16; i++) {
        sum += i / 4 < height && i % 4 < width ? values[i] - pivot : 0;
    }
    const float count = tree_sum((float) (height * width), scratch);
    const float mean = tree_sum(sum, scratch) / count;
    float square = 0;
#pragma unroll
    for (int i = 0; i < 16; i++) {
        const float d = i / 4 < height && i % 4 < width ? values[i] - pivot - mean : 0;
        square = MULTIPLY_ADD(d, d, square);
    }
    square = tree_sum(square, scratch);
    if (get_local_id(0) == 0) {
        const int groups = get_num_groups(0);
        parts += output * groups + get_group_id(0);
        parts[0] = pivot + mean;
        parts[p.outputs * groups] = square;
        parts[2 * p.outputs * groups] = count;
    }
}

/* One line of G g: 3 weights to 6 points. */
#define WEIGHT_LINE(g0, g1, g2, to, step) \
    { \
        const float ends1 = (g0 + g2) * (-1.0f / 6); \
        const float middle1 = (g1) * (-1.0f / 6); \
        const float ends2 = MULTIPLY_ADD(g0, 1.0f / 24, (g2) * (1.0f / 6)); \
        const float middle2 = (g1) * (1.0f / 12); \
        to[0 * step] = (g0) * 0.25f; \
        to[1 * step] = ends1 + middle1; \
        to[2 * step] = ends1 - middle1; \
        to[3 * step] = ends2 + middle2; \
        to[4 * step] = ends2 - middle2; \
        to[5 * step] = g2; \
    }

/* The filter of an output and a channel begins at output*outputStep + channel*channelStep; turned: rotated by 180 degrees. */
kernel void winograd_weights(global const float *w, global float *u, const int outputs, const int channels,
                             const int outputStep, const int channelStep, const int turned) {
    const int output = get_global_id(0);
    const int channel = get_global_id(1);
    if (output >= outputs) {
        return;
    }
    w += output * outputStep + channel * channelStep;
    float g[9];
#pragma unroll
    for (int i = 0; i < 9; i++) {
        g[i] = w[turned ? 8 - i : i];
    }
    float lines[18];
#pragma unroll
    for (int j = 0; j < 3; j++) {
        float *to = lines + j;
        WEIGHT_LINE(g[j], g[3 + j], g[6 + j], to, 3)
    }
    const int step = outputs * channels;
    u += channel * outputs + output;
#pragma unroll
    for (int i = 0; i < 6; i++) {
        const float *d = lines + i * 3;
        global float *to = u + i * 6 * step;
        WEIGHT_LINE(d[0], d[1], d[2], to, step)
    }
}

/* One line of G g for the gradient of the weight: 4 pixels of gy to 6 points. */
#define GRADIENT_LINE(g0, g1, g2, g3, to, step) \
    { \
        const float even1 = (g0 + g2) * (-1.0f / 6); \
        const float odd1 = (g1 + g3) * (-1.0f / 6); \
        const float even2 = MULTIPLY_ADD(g0, 1.0f / 24, (g2) * (1.0f / 6)); \
        const float odd2 = MULTIPLY_ADD(g1, 1.0f / 12, (g3) * (1.0f / 3)); \
        to[0 * step] = (g0) * 0.25f; \
        to[1 * step] = even1 + odd1; \
        to[2 * step] = even1 - odd1; \
        to[3 * step] = even2 + odd2; \
        to[4 * step] = even2 - odd2; \
        to[5 * step] = g3; \
    }

/* p describes the convolution: the tiles are those of its outputs. */
kernel void winograd_gradient(global const float *gy, global float *g, const Pass p) {
    const int tile = get_global_id(0);
    const int output = get_global_id(1);
    if (tile >= p.tiles) {
        return;
    }
    const int left = tile % p.columns * 4;
    const int top = tile / p.columns % p.rows * 4;
    const int image = p.firstImage + tile / p.columns / p.rows;
    global const float *plane = gy + (image * p.outputs + output) * p.outHeight * p.outWidth;
    float lines[24];
#pragma unroll
    for (int j = 0; j < 4; j++) {
        float d[4];
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const bool inside = left + j < p.outWidth && top + i < p.outHeight;
            const float value = plane[inside ? (top + i) * p.outWidth + left + j : 0];
            d[i] = inside ? value : 0;
        }
        float *to = lines + j;
        GRADIENT_LINE(d[0], d[1], d[2], d[3], to, 4)
    }
    const int step = p.outputs * p.tiles;
    g += output * p.tiles + tile;
#pragma unroll
    for (int i = 0; i < 6; i++) {
        const float *d = lines + i * 4;
        global float *to = g + i * 6 * step;
        GRADIENT_LINE(d[0], d[1], d[2], d[3], to, step)
    }
}

/* One line of A' m for the gradient of the weight: 6 points to 3 taps. */
#define TAP_LINE(m0, m1, m2, m3, m4, m5, to, step) \
    { \
        const float sum2 = m3 + m4; \
        const float sum1 = m1 + m2; \
        to[0 * step] = m0 + sum1 + sum2; \
        to[1 * step] = MULTIPLY_ADD(2.0f, m3 - m4, m1 - m2); \
        to[2 * step] = MULTIPLY_ADD(4.0f, sum2, sum1) + m5; \
    }

/* Adds the parts of m, of which each pair has splits; gw += unless this is the first pass over images. */
kernel void winograd_weight_gradient(global const float *m, global float *gw, const int filters, const int splits,
                                     const int first) {
    const int filter = get_global_id(0);
    if (filter >= filters) {
        return;
    }
    m += filter;
    float lines[18];
#pragma unroll
    for (int j = 0; j < 6; j++) {
        float d[6];
#pragma unroll
        for (int i = 0; i < 6; i++) {
            d[i] = 0;
        }
        for (int s = 0; s < splits; s++) {
#pragma unroll
            for (int i = 0; i < 6; i++) {
                d[i] += m[((i * 6 + j) * splits + s) * filters];
            }
        }
        float *to = lines + j;
        TAP_LINE(d[0], d[1], d[2], d[3], d[4], d[5], to, 6)
    }
    gw += filter * 9;
#pragma unroll
    for (int i = 0; i < 3; i++) {
        const float *d = lines + i * 6;
        float taps[3];
        TAP_LINE(d[0], d[1], d[2], d[3], d[4], d[5], taps, 1)
#pragma unroll
        for (int j = 0; j < 3; j++) {
            gw[i * 3 + j] = first ? taps[j] : gw[i * 3 + j] + taps[j];
        }
    }
}
