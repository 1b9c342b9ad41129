package thaw.engine;

/** A stretch of a thread's work that is not recorded for gradients; see {@link Device#noGrad()}. */
public interface NoGrad extends AutoCloseable {

    /** Restores the mode that was on before. Does nothing the second time. */
    @Override
    void close();
}
