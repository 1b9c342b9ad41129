/**
 * Residual networks (He et al. 2016, "Deep residual learning for image recognition"): two block classes, one network class
 * and a table of parameters, {@link thaw.resnet.Architecture}. Names in the state dict are torchvision's.
 */
@NullMarked
package thaw.resnet;

import org.jspecify.annotations.NullMarked;
