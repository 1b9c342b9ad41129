package thaw.engine;

/** The rule by which a backward pass goes through {@code y = max(x, 0)}, given the gradient {@code gy}. */
public enum ReluRule {
    /** 0 where {@code y <= 0}, else {@code gy}: the derivative. */
    GRADIENT,
    /**
     * {@code max(gy, 0)}: the deconvnet of Zeiler and Fergus 2014 ("Visualizing and understanding convolutional networks", section 2.1),
     * which projects a feature map back to pixels.
     */
    DECONVNET,
    /** {@code max(gy, 0)} where {@code y > 0}, else 0: guided backpropagation (Springenberg et al. 2015, "Striving for simplicity"). */
    GUIDED
}
