package thaw.kernels.opencl;

import org.jocl.cl_mem;
import thaw.kernels.Array;
import thaw.kernels.Shape;

/** An array of floats in a device buffer, in row-major order from its start. */
class OpenClArray extends Array {

    private final OpenClStorage storage;

    OpenClArray(Shape shape, OpenClStorage storage) {
        super(shape);
        this.storage = storage;
    }

    @Override
    public OpenClStorage storage() {
        return storage;
    }

    cl_mem buffer() {
        return storage.memory();
    }

    int size() {
        return shape().size();
    }

    int dim(int i) {
        return shape().dim(i);
    }
}
