package thaw.kernels.cpu.grouped;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A convolution, or its input gradient, along one axis: target positions {@code start + step·i}, for {@code i} from 0 to
 * {@code count − 1}, meet filter position {@code filter[f]} at source position {@code sourceStep·i + offset[f]}, which may
 * be outside the source.
 */
public record FilterAxis(int start, int step, int count, int sourceStep, int[] filter, int[] offset) {

    /** The axis of the convolution. */
    static FilterAxis forward(int outputs, int filterSize, int stride, int padding, int dilation) {
        int[] all = IntStream.range(0, filterSize).toArray();
        return new FilterAxis(0, 1, outputs, stride, all, Arrays.stream(all).map(r -> r * dilation - padding).toArray());
    }

    /**
     * The axes of its input gradient, one for each phase of the stride. Input position {@code x} meets filter position
     * {@code r} at output position {@code (x + padding − r·dilation) / stride}, if that is an integer; positions
     * {@code x = phase + stride·i} meet the same filter positions, at outputs {@code i + q} with
     * {@code q = (phase + padding − r·dilation) / stride}.
     */
    public static FilterAxis[] backward(int inputs, int filterSize, int stride, int padding, int dilation) {
        return IntStream.range(0, Math.min(stride, inputs)).mapToObj(phase -> {
            int first = phase + padding;
            int[] filter = IntStream.range(0, filterSize).filter(r -> (first - r * dilation) % stride == 0).toArray();
            return new FilterAxis(phase, stride, (inputs - 1 - phase) / stride + 1, 1, filter,
                    Arrays.stream(filter).map(r -> (first - r * dilation) / stride).toArray());
        }).toArray(FilterAxis[]::new);
    }

    public static int least(FilterAxis[] axes) {
        return Arrays.stream(axes).flatMapToInt(a -> Arrays.stream(a.offset)).min().orElse(0);
    }

    static int most(FilterAxis[] axes) {
        return Arrays.stream(axes).flatMapToInt(a -> Arrays.stream(a.offset)).max().orElse(0);
    }

    static int longest(FilterAxis[] axes) {
        return Arrays.stream(axes).mapToInt(FilterAxis::count).max().orElse(0);
    }
}
