/*
 * Pooling of images x [planes, H, W] to y [planes, OH, OW], where a plane is a channel of an image. Ordinary and adaptive
 * pooling differ only in their windows. Each work-item computes one element of the result: forward from its window,
 * backward from all the windows that contain it. No element is written by two work-items, and the order of additions is
 * fixed.
 *
 * An axis is (kernel, stride, padding, extent of x): window i covers i*stride - padding ... i*stride - padding + kernel - 1.
 * With a kernel of 0 it is adaptive: cell i of out covers floor(i*extent/out) ... ceil((i+1)*extent/out) - 1.
 */

/* First and one past the last element of x that window i covers, clipped to the image. */
int2 window_of(const int4 axis, const int out, const int i) {
    if (axis.x == 0) {
        return (int2)(i * axis.w / out, ((i + 1) * axis.w + out - 1) / out);
    }
    const int start = i * axis.y - axis.z;
    return (int2)(max(start, 0), min(start + axis.x, axis.w));
}

/* First and one past the last window that covers element h. */
int2 windows_with(const int4 axis, const int out, const int h) {
    if (axis.x == 0) {
        return (int2)(h * out / axis.w, ((h + 1) * out + axis.w - 1) / axis.w);
    }
    const int first = h + axis.z - axis.x + 1;
    return (int2)(first <= 0 ? 0 : (first + axis.y - 1) / axis.y, min(out, (h + axis.z) / axis.y + 1));
}

/* The divisor of a mean: the window's elements, with or without padded zeros. */
float window_size(const int4 rows, const int4 columns, const int2 row, const int2 column, const int countPadding) {
    return countPadding && rows.x ? rows.x * columns.x : (row.y - row.x) * (column.y - column.x);
}

/* y = the largest value of a window, and its index h*W + v unless indices is null; the first among equals. A NaN wins. */
kernel void max_pool(global const float *x, global float *y, global float *indices, const int n, const int4 rows,
                     const int4 columns, const int2 out) {
    const uint at = get_global_id(0);
    if (at >= (uint) n) {
        return;
    }
    const int2 row = window_of(rows, out.x, at / out.y % out.x);
    const int2 column = window_of(columns, out.y, at % out.y);
    global const float *plane = x + at / (out.x * out.y) * (rows.w * columns.w);
    float best = -INFINITY;
    int place = row.x * columns.w + column.x;
    for (int h = row.x; h < row.y; h++) {
        for (int v = column.x; v < column.y; v++) {
            const float value = plane[h * columns.w + v];
            if (value > best || isnan(value)) {
                best = value;
                place = h * columns.w + v;
            }
        }
    }
    y[at] = best;
    if (indices) {
        indices[at] = place;
    }
}

/* gx[h, v] = sum of the gy whose index is (h, v), over the windows that contain it. */
kernel void max_pool_gradient(global const float *gy, global const float *indices, global float *gx, const int n,
                              const int4 rows, const int4 columns, const int2 out) {
    const uint at = get_global_id(0);
    if (at >= (uint) n) {
        return;
    }
    const int place = at % (rows.w * columns.w);
    const int2 row = windows_with(rows, out.x, place / columns.w);
    const int2 column = windows_with(columns, out.y, place % columns.w);
    const int plane = at / (rows.w * columns.w) * (out.x * out.y);
    float sum = 0;
    for (int i = row.x; i < row.y; i++) {
        for (int j = column.x; j < column.y; j++) {
            const int from = plane + i * out.y + j;
            sum += (int) indices[from] == place ? gy[from] : 0;
        }
    }
    gx[at] = sum;
}

/* y = sum over the window / its size */
kernel void avg_pool(global const float *x, global float *y, const int n, const int4 rows, const int4 columns, const int2 out,
                     const int countPadding) {
    const uint at = get_global_id(0);
    if (at >= (uint) n) {
        return;
    }
    const int2 row = window_of(rows, out.x, at / out.y % out.x);
    const int2 column = window_of(columns, out.y, at % out.y);
    global const float *plane = x + at / (out.x * out.y) * (rows.w * columns.w);
    float sum = 0;
    for (int h = row.x; h < row.y; h++) {
        float line = 0;
        for (int v = column.x; v < column.y; v++) {
            line += plane[h * columns.w + v];
        }
        sum += line;
    }
    y[at] = sum / window_size(rows, columns, row, column, countPadding);
}

/* gx[h, v] = sum of gy / size over the windows that contain (h, v) */
kernel void avg_pool_gradient(global const float *gy, global float *gx, const int n, const int4 rows, const int4 columns,
                              const int2 out, const int countPadding) {
    const uint at = get_global_id(0);
    if (at >= (uint) n) {
        return;
    }
    const int2 row = windows_with(rows, out.x, at / columns.w % rows.w);
    const int2 column = windows_with(columns, out.y, at % columns.w);
    const int plane = at / (rows.w * columns.w) * (out.x * out.y);
    float sum = 0;
    for (int i = row.x; i < row.y; i++) {
        for (int j = column.x; j < column.y; j++) {
            sum += gy[plane + i * out.y + j]
                   / window_size(rows, columns, window_of(rows, out.x, i), window_of(columns, out.y, j), countPadding);
        }
    }
    gx[at] = sum;
}
