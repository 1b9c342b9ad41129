/*
 * Operators that only move elements. Work-item i moves one element; a work-group moves neighbouring ones on the side that
 * is in row-major order, whose accesses coalesce.
 */
#include "walk.cl"

/* y[i] = x[start + place of i]: permutes dimensions, takes a slice, or repeats. */
kernel void gather(global const float *x, const int start, global float *y, const int n, const Walk walk) {
    const uint i = get_global_id(0);
    if (i < (uint) n) {
        y[i] = x[start + places(&walk, i).x];
    }
}

/* y[start + place of i] = x[i]: inserts a slice. */
kernel void scatter(global const float *x, global float *y, const int start, const int n, const Walk walk) {
    const uint i = get_global_id(0);
    if (i < (uint) n) {
        y[start + places(&walk, i).x] = x[i];
    }
}
