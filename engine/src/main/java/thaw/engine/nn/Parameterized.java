package thaw.engine.nn;

import java.util.List;
import thaw.engine.Tensor;

/** What has learned tensors: a module, or a part of one that is trained alike. */
public interface Parameterized {

    /** The learned tensors, in a fixed order. */
    List<Tensor> parameters();
}
