package thaw.finetune.distributed;

/** The workers that train one network together, each on its share of every step's images: PyTorch's process group. */
public interface ProcessGroup {

    /** One worker without others. */
    ProcessGroup ALONE = new ProcessGroup() {
        @Override
        public int rank() {
            return 0;
        }

        @Override
        public int size() {
            return 1;
        }

        @Override
        public void allReduce(float[] values) {
            // the sum over one worker
        }
    };

    /** The worker's number, from 0. */
    int rank();

    /** The number of workers. */
    int size();

    /**
     * Replaces the values by their sums over all workers, with the same bits on each of them and in every run. All workers call this
     * in the same order, with arrays of the same length.
     *
     * @throws LostWorkerException if a worker is gone, or sends something else; the group cannot be used afterwards
     */
    void allReduce(float[] values);

    /** Whether there are no other workers. */
    default boolean isAlone() {
        return size() == 1;
    }

    /** Whether a condition is true on any worker; all workers call this, as they do {@link #allReduce}. */
    default boolean any(boolean mine) {
        if (isAlone()) {
            return mine;
        }
        float[] count = {mine ? 1 : 0};
        allReduce(count);
        return count[0] > 0;
    }
}
