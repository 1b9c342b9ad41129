package thaw.finetune.predict;

import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.function.Supplier;
import thaw.engine.Device;
import thaw.engine.Interruptible;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.kernels.OutOfDeviceMemoryException;
import thaw.kernels.Shape;
import thaw.resnet.Network;

/** A network that several threads compute with until one of them closes it, and its device with it. */
final class SharedNetwork {
    private final Network net;
    private final Device device;
    /** Limits the batches computed at the same time; further calls wait in their order. */
    private final Semaphore computing;
    /**
     * Batches by which the limit rises once kernels are compiled. While a background thread has them compiled, the limit leaves half of
     * the processors to Java's compiler, which would wait for many callers otherwise; and the first of these has its result sooner.
     */
    private final AtomicInteger later;
    /**
     * Computations hold the read lock and {@link #close} the write lock, so that the device is not closed during a
     * computation.
     */
    private final ReadWriteLock use = new ReentrantReadWriteLock();
    private boolean closed;

    SharedNetwork(Network net, ClassifierOptions options) {
        this.net = net;
        device = net.device();
        int all = options.concurrency();
        int first = options.warmUp() != WarmUp.BACKGROUND ? all
                : Math.min(all, Math.max(1, Runtime.getRuntime().availableProcessors() / (2 * options.threads().count())));
        computing = new Semaphore(first, true);
        later = new AtomicInteger(all - first);
    }

    /**
     * Applies a function to a tensor {@code [N, channels, side, side]} of images; what it makes is released afterwards.
     *
     * @throws CancellationException    if the thread is interrupted; its interrupt flag stays set
     * @throws IllegalStateException    if the network is closed
     * @throws NotEnoughMemoryException if the images do not fit into memory
     */
    <R> R apply(float[] images, int side, Function<Tensor, R> work) {
        requireNotInterrupted();
        try {
            computing.acquire();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw cancelled();
        }
        try {
            return whileOpen(() -> interruptibly(images, side, work));
        } finally {
            computing.release(1 + (device.isWarm() ? later.getAndSet(0) : 0));
        }
    }

    private <R> R interruptibly(float[] images, int side, Function<Tensor, R> work) {
        int count = images.length / (net.inputChannels() * side * side);
        String what = "predicting " + count + " images of " + side + " x " + side + " pixels";
        try (Interruptible on = device.interruptible(); Scope scope = device.scope()) {
            return work.apply(device.tensor(Shape.of(count, net.inputChannels(), side, side), images));
        } catch (OutOfMemoryError full) {
            throw new NotEnoughMemoryException(what, "set a smaller batch or concurrency (Classifier.options())", full);
        } catch (OutOfDeviceMemoryException full) {
            throw new NotEnoughMemoryException(what, ", or set a smaller batch or concurrency (Classifier.options())", full, count,
                    device.backend().memory().inUse());
        }
    }

    /** Runs work during which the network is not closed. */
    <R> R whileOpen(Supplier<R> work) {
        use.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("the classifier is closed; predict within its try block");
            }
            return work.get();
        } finally {
            use.readLock().unlock();
        }
    }

    static void requireNotInterrupted() {
        if (Thread.currentThread().isInterrupted()) {
            throw cancelled();
        }
    }

    private static CancellationException cancelled() {
        return new CancellationException("the thread was interrupted while it predicted images");
    }

    /** Waits for running computations, then releases the network and closes its device. Closing again has no effect. */
    void close() {
        use.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                net.release();
                device.close();
            }
        } finally {
            use.writeLock().unlock();
        }
    }
}
