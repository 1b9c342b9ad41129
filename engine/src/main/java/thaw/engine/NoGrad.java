package thaw.engine;

/** A stretch of a thread's work that is not recorded for gradients; see {@link Device#noGrad()}. */
@FunctionalInterface
public interface NoGrad extends AutoCloseable {

    /** Restores the mode that was on before. */
    @Override
    void close();
}
