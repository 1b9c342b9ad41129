package thaw.engine.nn;

import java.util.List;
import thaw.engine.Tensor;

/** An owner of learned tensors: a module, or a part of one that is trained with the same settings. */
public interface Parameterized {

    /** The learned tensors, in a fixed order. */
    List<Tensor> parameters();
}
