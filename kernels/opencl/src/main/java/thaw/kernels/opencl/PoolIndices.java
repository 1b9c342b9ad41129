package thaw.kernels.opencl;

import thaw.kernels.Shape;

/**
 * Indices of maxima, with the windows in which they were found. The gradient of an element then tests only the windows
 * that contain it.
 */
final class PoolIndices extends OpenClArray {

    private final PoolWindows windows;
    private final int version;

    PoolIndices(OpenClArray indices, PoolWindows windows) {
        super(indices.shape(), indices.storage());
        this.windows = windows;
        this.version = indices.storage().version();
    }

    /** The windows, if they fit this image and the indices have not changed since; else windows over the whole image. */
    PoolWindows windowsOf(Shape x) {
        return windows.isOf(x) && storage().version() == version ? windows : PoolWindows.everywhere(x, shape());
    }
}
