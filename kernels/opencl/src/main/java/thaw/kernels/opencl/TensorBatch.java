package thaw.kernels.opencl;

import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import thaw.kernels.Array;

/**
 * The tensors that an optimizer updates in one launch; see {@code tensors.cl}.
 *
 * @param first    the index of the first tensor
 * @param count    the number of tensors
 * @param capacity the number of tensors that the kernel takes
 * @param table    the struct {@code Tensors}
 */
record TensorBatch(int first, int count, int capacity, int[] table, int groups) {

    /** The values of TENSORS for which {@code tensors.cl} can be compiled. */
    private static final int[] CAPACITIES = {80, 60, 40, 30, 20};
    private static final int BYTES_OF_POINTER = 8;
    private static final int BYTES_IN_TABLE = 8;
    /** The most arguments for tensors; OpenCL allows 255, and the others are the kernel's fixed ones. */
    private static final int POINTERS = 250;

    private static final int ELEMENTS_OF_AN_ITEM = 8;

    /**
     * The number of tensors that one launch can update.
     *
     * @param argumentBytes that the device allows: at least 1024 by OpenCL 1.2, 4352 on NVIDIA cards
     * @param fixedBytes    of the kernel's other arguments
     * @param pointers      that the kernel takes per tensor
     * @param bytes         of further arguments per tensor
     */
    static int capacity(long argumentBytes, int fixedBytes, int pointers, int bytes) {
        long most = (argumentBytes - fixedBytes - BYTES_OF_POINTER) / ((long) pointers * BYTES_OF_POINTER + BYTES_IN_TABLE + bytes);
        return IntStream.of(CAPACITIES).filter(capacity -> capacity <= most && capacity * pointers <= POINTERS).findFirst()
                .orElse(CAPACITIES[CAPACITIES.length - 1]);
    }

    /** @param groupSize work-items per work-group */
    static TensorBatch of(List<Array> tensors, int first, int capacity, int groupSize) {
        int count = Math.min(capacity, tensors.size() - first);
        int chunk = groupSize * ELEMENTS_OF_AN_ITEM;
        int[] table = new int[1 + 2 * capacity];
        table[0] = chunk;
        int groups = 0;
        for (int t = 0; t < capacity; t++) {
            table[1 + t] = t < count ? groups : Integer.MAX_VALUE;
            if (t < count) {
                int length = tensors.get(first + t).shape().size();
                table[1 + capacity + t] = length;
                groups += (length + chunk - 1) / chunk;
            }
        }
        return new TensorBatch(first, count, capacity, table, groups);
    }

    /** The number of elements of all tensors. */
    double elements() {
        return IntStream.range(0, count).mapToDouble(t -> table[1 + capacity + t]).sum();
    }

    /** Sets each tensor's arrays as arguments, and null beyond the last tensor. */
    void addTo(Launch launch, Memory memory, List<IntFunction<Array>> arrays) {
        for (int t = 0; t < capacity; t++) {
            for (IntFunction<Array> array : arrays) {
                launch.array(t < count ? memory.mineOrNull(array.apply(first + t)) : null);
            }
        }
    }
}
