package thaw.engine;

/** A section of a thread's work that an interrupt of the thread ends; see {@link Device#interruptible()}. */
public interface Interruptible extends AutoCloseable {

    /** Restores the previous mode. */
    @Override
    void close();
}
