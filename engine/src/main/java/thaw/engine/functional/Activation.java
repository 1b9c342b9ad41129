package thaw.engine.functional;

/** An element-wise function that an operator applies to its result in the same pass over memory. */
public enum Activation {
    /** {@code y}. */
    IDENTITY,
    /** {@code max(y, 0)}. */
    RELU
}
