/*
 * A device's peak rates, for comparison in the profile.
 *
 * copy: memory bandwidth; a work-item moves VW neighbouring floats, and the work-items of a group neighbouring vectors.
 *
 * multiply_add: arithmetic; a work-item runs 8 independent chains of multiply-adds of VW floats each: 8 * 2 * VW
 * operations per round. They converge to a fixed point, so that numbers neither grow nor become subnormal.
 */
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define FLOATV JOIN(float, VW)

kernel void copy(global const FLOATV *from, global FLOATV *to, const int vectors) {
    const int at = get_global_id(0);
    if (at < vectors) {
        to[at] = from[at];
    }
}

kernel void multiply_add(global float *result, const float factor, const float term, const int rounds) {
    FLOATV x0 = (FLOATV) (get_global_id(0));
    FLOATV x1 = x0 + 1, x2 = x0 + 2, x3 = x0 + 3, x4 = x0 + 4, x5 = x0 + 5, x6 = x0 + 6, x7 = x0 + 7;
    const FLOATV a = (FLOATV) (factor);
    const FLOATV b = (FLOATV) (term);
    for (int i = 0; i < rounds; i++) {
        x0 = fma(x0, a, b);
        x1 = fma(x1, a, b);
        x2 = fma(x2, a, b);
        x3 = fma(x3, a, b);
        x4 = fma(x4, a, b);
        x5 = fma(x5, a, b);
        x6 = fma(x6, a, b);
        x7 = fma(x7, a, b);
    }
    const FLOATV sum = x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7;
    result[get_global_id(0)] = sum.s0 + sum.s1 + sum.s2 + sum.s3;
}
