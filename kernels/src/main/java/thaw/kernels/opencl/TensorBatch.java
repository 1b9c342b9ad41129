package thaw.kernels.opencl;

import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import thaw.kernels.Array;

/**
 * Some of the tensors that an optimizer updates, by one launch; see {@code tensors.cl}.
 *
 * @param first    the number of the first of them
 * @param count    how many they are
 * @param capacity how many the kernel takes
 * @param table    the struct {@code Tensors}
 */
record TensorBatch(int first, int count, int capacity, int[] table, int groups) {

    /** What {@code tensors.cl} can be compiled for. */
    private static final int[] CAPACITIES = {130, 80, 60, 40, 30, 20};
    private static final int BYTES_OF_POINTER = 8;
    private static final int BYTES_IN_TABLE = 8;

    private static final int ELEMENTS_OF_AN_ITEM = 8;

    /**
     * How many tensors one launch can update.
     *
     * @param argumentBytes that the device takes: at least 1024 by OpenCL 1.2, 4352 on cards of NVIDIA
     * @param fixedBytes    of the kernel's other arguments
     * @param pointers      that it takes of each tensor
     * @param bytes         that it takes of each tensor besides
     */
    static int capacity(long argumentBytes, int fixedBytes, int pointers, int bytes) {
        long most = (argumentBytes - fixedBytes - BYTES_OF_POINTER) / ((long) pointers * BYTES_OF_POINTER + BYTES_IN_TABLE + bytes);
        return IntStream.of(CAPACITIES).filter(capacity -> capacity <= most).findFirst()
                .orElse(CAPACITIES[CAPACITIES.length - 1]);
    }

    /** @param groupSize work-items of a work-group */
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

    /** Elements of all of them. */
    double elements() {
        return IntStream.range(0, count).mapToDouble(t -> table[1 + capacity + t]).sum();
    }

    /** Gives a kernel each tensor's arrays, and null for those that are not there. */
    void addTo(Launch launch, Memory memory, List<IntFunction<Array>> arrays) {
        for (int t = 0; t < capacity; t++) {
            for (IntFunction<Array> array : arrays) {
                launch.array(t < count ? memory.mineOrNull(array.apply(first + t)) : null);
            }
        }
    }
}
