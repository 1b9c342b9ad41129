package thaw.kernels.cpu;

/** Which {@link BlockLoops} a backend's operators take; each asks once, so that none changes in its midst. */
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
