package thaw.kernels.opencl;

import java.util.ArrayList;
import java.util.List;
import thaw.kernels.Shape;

/**
 * The arrays that an operator makes: those needed in between are released when it ends, its results when it fails. To be
 * closed while the device may still compute: memory that is handed out anew is written later.
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

    /** Adopts an array that another operator has made, to be released at the end. */
    OpenClArray temporary(OpenClArray x) {
        temporaries.add(x);
        return x;
    }

    /** To be called when nothing can fail any more: hands the results to the operator's caller. */
    void complete() {
        results.clear();
    }

    @Override
    public void close() {
        results.forEach(OpenClArray::release);
        temporaries.forEach(OpenClArray::release);
    }
}
