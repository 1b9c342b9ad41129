package thaw.kernels.opencl;

import java.util.ArrayList;
import java.util.List;
import thaw.kernels.Shape;

/**
 * The arrays that an operator creates: temporary ones are released when it ends, its results if it fails. May be closed
 * while the device still computes: in an in-order queue, a later user of the memory writes to it later.
 */
final class Workspace implements AutoCloseable {

    private final Memory memory;
    private final List<OpenClArray> results = new ArrayList<>(4);
    private final List<OpenClArray> temporaries = new ArrayList<>(4);

    Workspace(Memory memory) {
        this.memory = memory;
    }

    OpenClArray result(Shape shape) {
        OpenClArray x = memory.array(shape);
        results.add(x);
        return x;
    }

    OpenClArray temporary(Shape shape) {
        OpenClArray x = memory.array(shape);
        temporaries.add(x);
        return x;
    }

    OpenClArray temporary(int floats) {
        return temporary(Shape.of(floats));
    }

    /** Adopts an array that another operator has created, to be released at the end. */
    OpenClArray temporary(OpenClArray x) {
        temporaries.add(x);
        return x;
    }

    /** Hands the results to the operator's caller; to be called when nothing can fail any more. */
    void complete() {
        results.clear();
    }

    @Override
    public void close() {
        results.forEach(OpenClArray::release);
        temporaries.forEach(OpenClArray::release);
    }
}
