package thaw.resnet;

import thaw.kernels.Shape;

/**
 * A layer of a network as it's described without one.
 *
 * @param name       as in the state dict: {@code layer3.0.conv2}
 * @param kind       for people: {@code conv 3×3, stride 2}
 * @param weight     the shape of its weight; {@link Shape#SCALAR} if it has none
 * @param output     the shape of its output for one picture, {@code [C, H, W]} or {@code [C]}
 * @param parameters how many numbers it learns
 */
public record Layer(String name, String kind, Shape weight, Shape output, long parameters) {
}
