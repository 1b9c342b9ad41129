/**
 * The layers of networks, with PyTorch's names, defaults and state dicts.
 *
 * <p>A {@link thaw.engine.nn.Module} has parameters, which an optimizer changes, buffers, which it does not, and other modules as children;
 * its {@code forward} maps a batch {@code [N, C, H, W]} to another tensor. Training and evaluation differ in
 * {@link thaw.engine.nn.BatchNorm2d} and {@link thaw.engine.nn.Dropout}. {@link thaw.engine.nn.Fusion} joins convolution, norm and
 * activation into one call where that gives the same result.
 */
@NullMarked
package thaw.engine.nn;

import org.jspecify.annotations.NullMarked;
