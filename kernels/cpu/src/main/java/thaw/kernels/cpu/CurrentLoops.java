package thaw.kernels.cpu;

/**
 * The {@link BlockLoops} that a backend's operators use. Each operator reads it once, so that it does not change within a
 * call.
 */
final class CurrentLoops {

    private final BlockLoops vectors = new VectorBlockLoops();
    private final BlockLoops scalars;
    private volatile BlockLoops current = vectors;

    CurrentLoops(int lanes) {
        scalars = new ScalarBlockLoops(lanes);
    }

    BlockLoops get() {
        return current;
    }

    void useVectors(boolean whether) {
        current = whether ? vectors : scalars;
    }
}
