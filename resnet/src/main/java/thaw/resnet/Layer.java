package thaw.resnet;

import thaw.kernels.Shape;

/**
 * The description of a network's layer.
 *
 * @param name       the name in the state dict, such as {@code layer3.0.conv2}
 * @param kind       for display, such as {@code conv 3×3, stride 2}
 * @param weight     the shape of its weight; {@link Shape#SCALAR} if it has none
 * @param output     the shape of its output for one image, {@code [C, H, W]} or {@code [C]}
 * @param parameters the number of its learned values
 * @param field      the pixels that can change one value of its output
 */
public record Layer(String name, String kind, Shape weight, Shape output, long parameters, ReceptiveField field) {

    /** The multiplications, each with an addition, by which a convolution or linear layer computes its output for one image; else 0. */
    public long multiplyAdds() {
        return weight.rank() < 2 ? 0 : output.rank() == 1 ? weight.size() : (long) weight.size() * output.dim(1) * output.dim(2);
    }
}
