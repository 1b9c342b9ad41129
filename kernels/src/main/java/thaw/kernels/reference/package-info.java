/**
 * What each operator means: loops in double precision that follow the formula, one topic a file. Slow and obvious; the
 * fast backends and the gradients are checked against it, and it runs small networks.
 */
package thaw.kernels.reference;
