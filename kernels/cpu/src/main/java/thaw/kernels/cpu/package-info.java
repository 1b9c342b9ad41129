/**
 * The fast backend for CPUs.
 *
 * <h2>Memory layout of activations</h2>
 *
 * <p>A convolution multiplies each number of its input by the weights of many output channels, so vectors should run along
 * channels. Three layouts were considered.
 *
 * <ul>
 * <li><b>{@code [N, C, H, W]}</b>, row-major. Vectors can only run along pixels, whose rows are 56, 28, 14 or 7 long in a
 *     ResNet: vectors of 16 are 88 %, 88 %, 88 % and 44 % full.
 * <li><b>{@code [N, H, W, C]}</b>. Neighbouring pixels are C floats apart. From 1024 channels on that is a multiple of
 *     4 KiB, and the pixels of a tile map to the same few lines of the first-level cache.
 * <li><b>Channel blocks</b>, {@code [N, C/L, H, W, L]} with vectors of L floats. Neighbouring pixels are one vector apart
 *     whatever the number of channels; sums over a channel, which batch norm needs, are sums of vectors.
 * </ul>
 *
 * <p>The last two with the same micro-kernel, 1×1 convolutions to 64 channels, GFLOP/s of one core whose peak is 116
 * (AVX-512, JDK 17 / 25):
 *
 * <table>
 * <caption>Layouts compared</caption>
 * <tr><th>input</th><th>channel blocks</th><th>{@code [N, H, W, C]}</th></tr>
 * <tr><td>64 channels, 56×56</td><td>91 / 108</td><td>91 / 105</td></tr>
 * <tr><td>256 channels, 56×56</td><td>96 / 113</td><td>96 / 111</td></tr>
 * <tr><td>512 channels, 28×28</td><td>97 / 115</td><td>97 / 113</td></tr>
 * <tr><td>1024 channels, 14×14</td><td>98 / 116</td><td>74 / 79</td></tr>
 * <tr><td>2048 channels, 7×7</td><td>86 / 102</td><td>66 / 69</td></tr>
 * </table>
 *
 * <p>Channel blocks are therefore used, also where scalar code gives the bits of vectors; see
 * {@link thaw.kernels.cpu.memory.CpuArray}. Images, and
 * arrays of any rank but 4, stay row-major, and operators outside the hot paths of networks convert.
 */
@NullMarked
package thaw.kernels.cpu;

import org.jspecify.annotations.NullMarked;
