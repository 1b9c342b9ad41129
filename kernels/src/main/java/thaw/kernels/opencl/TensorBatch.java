package thaw.kernels.opencl;

import java.util.List;
import java.util.function.IntFunction;
import thaw.kernels.Array;

/**
 * Some of the tensors that an optimizer updates, by one launch; see {@code tensors.cl}.
 *
 * @param first the number of the first of them
 * @param count how many they are, at most {@link #TENSORS}
 * @param table the struct {@code Tensors}
 */
record TensorBatch(int first, int count, int[] table, int groups) {

    static final int TENSORS = 16;

    private static final int ELEMENTS_OF_AN_ITEM = 8;

    /** @param groupSize work-items of a work-group */
    static TensorBatch of(List<Array> tensors, int first, int groupSize) {
        int count = Math.min(TENSORS, tensors.size() - first);
        int chunk = groupSize * ELEMENTS_OF_AN_ITEM;
        int[] table = new int[1 + 2 * TENSORS];
        table[0] = chunk;
        int groups = 0;
        for (int t = 0; t < TENSORS; t++) {
            table[1 + t] = t < count ? groups : Integer.MAX_VALUE;
            if (t < count) {
                int length = tensors.get(first + t).shape().size();
                table[1 + TENSORS + t] = length;
                groups += (length + chunk - 1) / chunk;
            }
        }
        return new TensorBatch(first, count, table, groups);
    }

    /** Gives a kernel each tensor's arrays, and null for those that are not there. */
    void addTo(Launch launch, Memory memory, List<IntFunction<Array>> arrays) {
        for (int t = 0; t < TENSORS; t++) {
            for (IntFunction<Array> array : arrays) {
                launch.array(t < count ? memory.mineOrNull(array.apply(first + t)) : null);
            }
        }
    }
}
