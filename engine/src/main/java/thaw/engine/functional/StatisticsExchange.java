package thaw.engine.functional;

/**
 * The processes that train one network together, each on images of its own, as a synchronised batch norm sees them. Each norm sums
 * twice in the forward pass, and once in the backward pass if its input needs a gradient; so all processes run the same network in the
 * same modes at the same time, one without images on a stand-in.
 */
public interface StatisticsExchange {

    /**
     * Replaces the values by their sums over all processes, in float precision or better, with the same bits on each of them. All processes call this in the same
     * order, with arrays of the same length.
     */
    void sum(double[] values);

    /** Whether this process has images. Without, its batch is a stand-in, which adds zeros to all sums and gets no gradient from them. */
    boolean hasImages();
}
