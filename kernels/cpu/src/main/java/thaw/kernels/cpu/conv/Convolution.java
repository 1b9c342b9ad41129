package thaw.kernels.cpu.conv;

import thaw.kernels.Array;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Epilogue;
import thaw.kernels.Shape;

/** The convolutions of {@link thaw.kernels.Backend}; implemented by {@link VectorConvolution} and {@link PlainConvolution}. */
public interface Convolution {

    Array conv2d(Array x, Array w, Epilogue epilogue, Conv2dOptions options);

    Array inputGradient(Array gy, Array w, Shape xShape, Conv2dOptions options);

    Array weightGradient(Array gy, Array x, Shape wShape, Conv2dOptions options);
}
