/**
 * The fast backend for processors.
 *
 * <h2>How activations lie in memory</h2>
 * Vectors want to run along channels, because every convolution multiplies one input number by the weights of many output
 * channels. Three layouts were weighed: PyTorch's {@code [N, C, H, W]}, {@code [N, H, W, C]}, and channel blocks.
 */
package thaw.kernels.cpu;
