/*
 * One step of stochastic gradient descent with momentum (Sutskever et al. 2013), in PyTorch's order, on up to TENSORS
 * parameters p with gradients g and momentum buffers b; see tensors.cl for the work-groups:
 *
 *   g = -g                                        if maximize
 *   g = g + decay*p
 *   b = g  at the first step,  else  momentum*b + take*g
 *   g = g + momentum*b  if nesterov,  else  b
 *   p = p - lr*g
 *
 * Without momentum the buffers are null. first: whether they are still empty. found_inf: the step is skipped unless it is
 * null or points to 0.
 */
#include "tensors.cl"

typedef struct {
    float lr, momentum, take, decay, sign;
} Rule;

#define PARAMETER(t) , global float *p##t, global const float *g##t, global float *b##t
#define PICK(t) case t: p = p##t; g = g##t; b = b##t; PICK_ELEMENTS(t) break;

kernel void sgd(const Tensors tensors, const Rule rule, const int nesterov, const int first,
                global const float *found_inf EACH_TENSOR(PARAMETER)) {
    if (found_inf && *found_inf != 0) {
        return;
    }
    global float *p = 0;
    global const float *g = 0;
    global float *b = 0;
    int start = 0;
    int length = 0;
    switch (tensor_of_group(&tensors)) {
        EACH_TENSOR(PICK)
    }
    const int end = min(length, start + tensors.chunk);
    for (int i = start + get_local_id(0); i < end; i += get_local_size(0)) {
        float step = fma(rule.decay, p[i], rule.sign * g[i]);
        if (b) {
            const float average = first ? step : fma(rule.momentum, b[i], rule.take * step);
            b[i] = average;
            step = nesterov ? fma(rule.momentum, average, step) : average;
        }
        p[i] = fma(-rule.lr, step, p[i]);
    }
}
