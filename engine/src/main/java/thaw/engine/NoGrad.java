package thaw.engine;

/** A section of a thread's work that is not recorded for gradients; see {@link Device#noGrad()}. */
public interface NoGrad extends AutoCloseable {

    /** Restores the previous mode. Does nothing the second time. */
    @Override
    void close();
}
