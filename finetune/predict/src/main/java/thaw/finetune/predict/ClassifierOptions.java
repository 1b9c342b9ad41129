package thaw.finetune.predict;

import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import thaw.engine.Device;
import thaw.finetune.images.ImageDecoder;
import thaw.kernels.ComputeThreads;

/**
 * The settings of a {@link Classifier}. Immutable: each setter returns another object.
 *
 * <pre>{@code
 * Classifier.load(file, Classifier.options().threads(4).warmUp(WarmUp.WAIT))
 * }</pre>
 *
 * @param device      the name of the device, {@code cpu} by default: see {@link Device#open(String)}. No OpenCL driver is loaded
 *     unless this is {@code auto} or {@code opencl}
 * @param threads     the threads that compute on the CPU, the calling one included; by default one for each core
 * @param concurrency the largest number of batches that are computed at the same time, each with memory of its own; further calls
 *     wait in their order. By default as many as there are cores
 * @param batch       the largest number of images that are computed together, 16 by default: more take more memory, fewer more time
 * @param maxPixels   an image file with more pixels counts as unreadable, {@value ImageDecoder#MAX_PIXELS} by default
 * @param warmUp      when kernels are compiled, {@link WarmUp#BACKGROUND} by default
 * @param batchInvariant whether an image's result on the CPU does not depend on the images in its batch, to the bit; true by default
 */
public record ClassifierOptions(String device, ComputeThreads threads, int concurrency, int batch, long maxPixels, WarmUp warmUp,
        boolean batchInvariant) {

    /** Large enough to be fast, small enough to need little memory. */
    private static final int USUAL_BATCH = 16;

    /** @throws IllegalArgumentException for a value out of range; the message names it */
    public ClassifierOptions {
        Objects.requireNonNull(device, "device");
        Objects.requireNonNull(threads, "threads");
        Objects.requireNonNull(warmUp, "warmUp");
        require("concurrency", concurrency, Integer.MAX_VALUE);
        require("batch", batch, Integer.MAX_VALUE);
        require("maxPixels", maxPixels, ImageDecoder.MOST_PIXELS);
    }

    private static void require(String name, long value, long most) {
        if (value < 1 || value > most) {
            throw new IllegalArgumentException(name + ": expected " + (most == Integer.MAX_VALUE ? "at least 1" : "1 to " + most)
                    + ", got " + value);
        }
    }

    /** The defaults. */
    static ClassifierOptions standard() {
        int cores = Runtime.getRuntime().availableProcessors();
        return new ClassifierOptions("cpu", ComputeThreads.of(cores), cores, USUAL_BATCH, ImageDecoder.MAX_PIXELS, WarmUp.BACKGROUND, true);
    }

    /** Sets the device: {@code cpu}, {@code auto} for the fastest, {@code opencl}, {@code opencl:1} … */
    public ClassifierOptions device(String device) {
        return new ClassifierOptions(device, threads, concurrency, batch, maxPixels, warmUp, batchInvariant);
    }

    /** Sets the number of threads that compute on the CPU, the calling one included. Results do not depend on it. */
    public ClassifierOptions threads(int count) {
        return threads(new ComputeThreads(count, threads.executor()));
    }

    /**
     * Sets the executor that runs all computing threads but the calling one, instead of threads of the classifier's own. Never waits
     * for it: a caller computes what no task of the executor has taken. The classifier does not shut it down.
     */
    public ClassifierOptions executor(Executor executor) {
        return threads(new ComputeThreads(threads.count(), Optional.of(executor)));
    }

    private ClassifierOptions threads(ComputeThreads threads) {
        return new ClassifierOptions(device, threads, concurrency, batch, maxPixels, warmUp, batchInvariant);
    }

    /** Sets the largest number of batches that are computed at the same time. */
    public ClassifierOptions concurrency(int concurrency) {
        return new ClassifierOptions(device, threads, concurrency, batch, maxPixels, warmUp, batchInvariant);
    }

    /** Sets the largest number of images that are computed together. */
    public ClassifierOptions batch(int batch) {
        return new ClassifierOptions(device, threads, concurrency, batch, maxPixels, warmUp, batchInvariant);
    }

    /** Sets the limit of an image file's pixels, at most {@link ImageDecoder#MOST_PIXELS}. */
    public ClassifierOptions maxPixels(long maxPixels) {
        return new ClassifierOptions(device, threads, concurrency, batch, maxPixels, warmUp, batchInvariant);
    }

    /** Sets when kernels are compiled. */
    public ClassifierOptions warmUp(WarmUp warmUp) {
        return new ClassifierOptions(device, threads, concurrency, batch, maxPixels, warmUp, batchInvariant);
    }

    /**
     * Sets whether an image's result on the CPU does not depend on the images in its batch. Without it, 16 images of ResNet-18 take up to
     * 14 % less time, and {@code predict} and {@code predictAll} may differ by rounding.
     */
    public ClassifierOptions batchInvariant(boolean batchInvariant) {
        return new ClassifierOptions(device, threads, concurrency, batch, maxPixels, warmUp, batchInvariant);
    }
}
