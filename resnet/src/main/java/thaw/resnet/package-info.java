/**
 * Residual networks (He et al. 2016, "Deep residual learning for image recognition"): two block classes, one network class
 * and a table of parameters, {@link thaw.resnet.Architecture}. Names in the state dict are torchvision's, and timm's where torchvision
 * has none.
 * <pre>
 * images [N, 3, H, W] → stem → layer1 → layer2 → layer3 → layer4 → pool → head → scores [N, classes]
 * a block of a stage:   y = relu(F(x) + shortcut(x)),  F two 3×3 convolutions, or 1×1, 3×3, 1×1
 * </pre>
 * A {@link thaw.resnet.Design} has one of several stems, shortcuts and kinds of channel attention, which show in the tensors' names; a
 * {@link thaw.resnet.Variant} is a difference that does not show.
 *
 * <p>{@link thaw.resnet.Granularity} divides these layers into groups, early, middle and head by default, each with a learning rate.
 * {@link thaw.resnet.NetworkWeights} finds a known network among the tensors of a file, whatever names it has there. Another family of
 * networks is a subclass of {@link thaw.resnet.Network} and a {@link thaw.resnet.NetworkFamily}.
 */
@NullMarked
package thaw.resnet;

import org.jspecify.annotations.NullMarked;
