package thaw.kernels.opencl;

import thaw.kernels.Shape;

/**
 * Places of maxima, with the windows that they were found in: these tell the gradient of an element which windows could have
 * chosen it.
 */
final class PoolIndices extends OpenClArray {

    private final PoolWindows windows;
    private final int version;

    PoolIndices(OpenClArray indices, PoolWindows windows) {
        super(indices.shape(), indices.storage());
        this.windows = windows;
        this.version = indices.storage().version();
    }

    /** The windows, if they are of such an image and the indices have not been changed since. */
    PoolWindows windowsOf(Shape x) {
        return windows.isOf(x) && storage().version() == version ? windows : PoolWindows.everywhere(x, shape());
    }
}
