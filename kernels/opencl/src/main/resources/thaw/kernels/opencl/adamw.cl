/*
 * One step of AdamW (Loshchilov and Hutter 2019, algorithm 2), in PyTorch's order, on up to TENSORS parameters p with
 * gradients g and moments m and v; see tensors.cl for the work-groups:
 *
 *   g = -g                          if maximize
 *   p = p - lr*decay*p
 *   m = beta1*m + (1 - beta1)*g
 *   v = beta2*v + (1 - beta2)*g^2
 *   p = p - rate * m / (sqrt(v * correction) + eps)
 *
 * where for the n-th step of a parameter rate = lr/(1 - beta1^n) and correction = 1/(1 - beta2^n). found_inf: the step is
 * skipped unless it is null or points to 0.
 */
#include "tensors.cl"

typedef struct {
    float keep, beta1, rest1, beta2, rest2, eps, sign; /* keep = 1 - lr*decay, rest = 1 - beta */
    float rate[TENSORS];
    float correction[TENSORS];
} Rule;

#define PARAMETER(t) , global float *p##t, global const float *g##t, global float *m##t, global float *v##t
#define PICK(t)                                         \
    case t:                                             \
        p = p##t; g = g##t; m = m##t; v = v##t;         \
        rate = rule.rate[t];                            \
        correction = rule.correction[t];                \
        PICK_ELEMENTS(t)                                \
        break;

kernel void adamw(const Tensors tensors, const Rule rule, global const float *found_inf EACH_TENSOR(PARAMETER)) {
    if (found_inf && *found_inf != 0) {
        return;
    }
    global float *p = 0;
    global const float *g = 0;
    global float *m = 0;
    global float *v = 0;
    float rate = 0;
    float correction = 0;
    int start = 0;
    int length = 0;
    switch (tensor_of_group(&tensors)) {
        EACH_TENSOR(PICK)
    }
    const int end = min(length, start + tensors.chunk);
    for (int i = start + get_local_id(0); i < end; i += get_local_size(0)) {
        const float gradient = rule.sign * g[i];
        const float first = fma(rule.beta1, m[i], rule.rest1 * gradient);
        const float second = fma(rule.beta2, v[i], rule.rest2 * gradient * gradient);
        m[i] = first;
        v[i] = second;
        p[i] = fma(-rate, first / (sqrt(second * correction) + rule.eps), rule.keep * p[i]);
    }
}
