/*
 * Functions of single elements, and of pairs of elements. Work-item i computes element i of the result; a work-group
 * computes neighbouring ones, whose reads and writes coalesce. Every kernel is bound by memory bandwidth. The range is
 * padded to whole work-groups, so work-items beyond the last of n elements do nothing.
 */
#include "walk.cl"

#define ELEMENT(i, n)                  \
    const uint i = get_global_id(0);   \
    if (i >= (uint) (n)) {             \
        return;                        \
    }

/* y = f(x); NaN stays NaN. */
#define UNARY(name, f)                                                          \
    kernel void unary_##name(global const float *x, global float *y, const int n) { \
        ELEMENT(i, n)                                                           \
        const float v = x[i];                                                   \
        y[i] = f;                                                               \
    }

UNARY(relu, v <= 0 ? 0 : v)
UNARY(sigmoid, 1 / (1 + exp(-v)))
UNARY(tanh, tanh(v))
UNARY(exp, exp(v))
UNARY(log, log(v))
UNARY(abs, fabs(v))
UNARY(square, v * v)
UNARY(sqrt, sqrt(v))

/* gx = gy * f'(v), where v is the function's output if that is enough (relu, sigmoid, tanh, exp, sqrt), else its input. The
 * slope of abs is 0 at 0 and at NaN, that of relu 1 at NaN. */
#define GRADIENT(name, slope)                                                                             \
    kernel void gradient_##name(global const float *gy, global const float *x, global float *gx, const int n) { \
        ELEMENT(i, n)                                                                                     \
        const float v = x[i];                                                                             \
        gx[i] = gy[i] * (slope);                                                                          \
    }

GRADIENT(relu, v <= 0 ? 0.0f : 1.0f)
GRADIENT(sigmoid, v * (1 - v))
GRADIENT(tanh, 1 - v * v)
GRADIENT(exp, v)
GRADIENT(log, 1 / v)
GRADIENT(abs, v > 0 ? 1 : v < 0 ? -1 : 0)
GRADIENT(square, 2 * v)
GRADIENT(sqrt, 0.5f / v)

/* y = f(a, b) for arrays of the same shape, and for arrays that are broadcast to the shape of the walk. */
#define BINARY(name, f)                                                                                          \
    kernel void same_##name(global const float *a, global const float *b, global float *y, const int n) {        \
        ELEMENT(i, n)                                                                                            \
        y[i] = a[i] f b[i];                                                                                      \
    }                                                                                                            \
    kernel void broadcast_##name(global const float *a, global const float *b, global float *y, const int n,     \
                                 const Walk walk) {                                                              \
        ELEMENT(i, n)                                                                                            \
        const int2 place = places(&walk, i);                                                                     \
        y[i] = a[place.x] f b[place.y];                                                                          \
    }

BINARY(add, +)
BINARY(sub, -)
BINARY(mul, *)
BINARY(div, /)

/* y = alpha*x + beta */
kernel void affine(global const float *x, const float alpha, const float beta, global float *y, const int n) {
    ELEMENT(i, n)
    y[i] = fma(alpha, x[i], beta);
}

/* y = min(max(x, low), high); NaN stays NaN, which clamp() does not guarantee. */
kernel void clamp_between(global const float *x, const float low, const float high, global float *y, const int n) {
    ELEMENT(i, n)
    const float v = x[i];
    y[i] = v < low ? low : v > high ? high : v;
}

/* In place: target = value */
kernel void fill(global float *target, const float value, const int n) {
    ELEMENT(i, n)
    target[i] = value;
}

/* In place: target += x */
kernel void add(global float *target, global const float *x, const int n) {
    ELEMENT(i, n)
    target[i] += x[i];
}

/* In place: target += weight * (x - target) */
kernel void lerp(global float *target, global const float *x, const float weight, const int n) {
    ELEMENT(i, n)
    target[i] = fma(weight, x[i] - target[i], target[i]);
}
