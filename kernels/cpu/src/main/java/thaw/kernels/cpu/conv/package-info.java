/**
 * Convolutions and their gradients: the choice of an algorithm, and direct convolution.
 *
 * <p>{@link thaw.kernels.cpu.conv.BlockedConvolution} chooses, and runs the loops of a direct convolution, whose extents and strides
 * are a {@code ConvolutionPlan}:
 * <pre>
 * for item                      some rows and tiles of channels, on any thread                  BlockedConvolution, Workers
 *   for tile of channels        2 vectors, or 1; its packed weights stay in the second-level cache
 *     for row of pixels         of one image after the other; reads R rows of the source
 *       for tile of pixels      up to 14, whose sums, 14 × 2 vectors, stay in registers         BlockLoops
 *         for tap               an input block at a filter position                             TapKernels
 *           for channel         of the input block
 *             sum[pixel, vector] += x[pixel + tap, channel] · w[tap, channel, vector]
 *         epilogue              scale, shift, residual, ReLU: the results are in the            BlockedEpilogue
 *                               first-level cache
 * </pre>
 * Scalar code, where the Vector API is absent, has the same loops down to a row of pixels, and there those of
 * {@code ScalarProducts}.
 *
 * <p>The terms, from the outside in:
 * <dl>
 * <dt>item</dt><dd>the part of a job that one thread does at a time; the division never depends on the number of threads</dd>
 * <dt>channel block</dt><dd>as many channels as a vector has floats, stored side by side for each pixel; missing channels are
 * zeros</dd>
 * <dt>lane</dt><dd>one channel of a block: one float of a vector</dd>
 * <dt>plane</dt><dd>one channel block of one image</dd>
 * <dt>nest</dt><dd>the loops above for one set of output pixels; a convolution has one</dd>
 * <dt>phase</dt><dd>for the input's gradient with a stride {@code s}: the pixels whose row and column leave the same remainders
 * modulo {@code s}. They meet the same filter positions, and are a nest of their own</dd>
 * <dt>tile</dt><dd>of channels: one or two vectors of output channels, up to 16 in scalar code; of pixels: those that the micro-kernel computes at
 * once</dd>
 * <dt>run</dt><dd>a piece of an image whose rows follow each other without a gap, in place of a row</dd>
 * <dt>position</dt><dd>a row and a column of the filter, {@code (r, s)}</dd>
 * <dt>tap</dt><dd>a position and an input block: what the micro-kernel finds at one distance from a pixel</dd>
 * <dt>step</dt><dd>one term of the sum: a tap and a channel of its block</dd>
 * <dt>stem</dt><dd>a first convolution, of images with few channels, which it reads in row-major order</dd>
 * <dt>band, part</dt><dd>in the weight's gradient: rows or whole images whose gradients fit into the second-level cache; bands with
 * a sum of their own</dd>
 * </dl>
 */
@NullMarked
package thaw.kernels.cpu.conv;

import org.jspecify.annotations.NullMarked;
