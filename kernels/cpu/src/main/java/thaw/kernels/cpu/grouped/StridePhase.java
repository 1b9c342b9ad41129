package thaw.kernels.cpu.grouped;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The input positions {@code phase, phase + s, phase + 2s, …} along one dimension of a convolution with stride {@code s},
 * with the filter positions that meet them, and the output positions where they do.
 *
 * @param filter the filter positions {@code r} for which {@code phase + padding − r·dilation} is a multiple of the
 *     stride
 * @param output for each of them the quotient {@code q}: the {@code j}-th input position meets it at output
 *     {@code j + q}
 */
public record StridePhase(int[] filter, int[] output) {

    /** All phases of a stride. */
    public static StridePhase[] of(int filterSize, int stride, int padding, int dilation) {
        StridePhase[] phases = new StridePhase[stride];
        for (int phase = 0; phase < stride; phase++) {
            int first = phase + padding;
            int[] filter = IntStream.range(0, filterSize).filter(r -> Math.floorMod(first - r * dilation, stride) == 0).toArray();
            phases[phase] = new StridePhase(filter,
                    Arrays.stream(filter).map(r -> Math.floorDiv(first - r * dilation, stride)).toArray());
        }
        return phases;
    }
}
