package thaw.engine.nn;

import java.util.List;
import thaw.engine.Tensor;

/** Something with parameters that are learned: a module, or several together. */
public interface Parameterized {

    /** The learned tensors, in a fixed order. */
    List<Tensor> parameters();
}
