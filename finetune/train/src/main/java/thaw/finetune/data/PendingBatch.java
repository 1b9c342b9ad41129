package thaw.finetune.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import thaw.finetune.images.ImageReadException;

/**
 * A batch in preparation. Its images may be prepared on any threads; the last thread to finish also closes the gaps of broken
 * images, and mixes the batch.
 */
final class PendingBatch {
    private final BatchLoader loader;
    private final int epoch;
    private final Pass pass;
    private final int number;
    private final int[] indices;
    private final int[] turns;
    private final float[] images;
    private final Throwable[] failures;
    private final AtomicInteger left;
    private final CompletableFuture<RawBatch> whole = new CompletableFuture<>();

    /**
     * @param number  the batch's number in the epoch, from 0
     * @param indices the indices of its samples
     * @param turns   the samples' turns, see {@link EpochOrder}
     */
    PendingBatch(BatchLoader loader, int epoch, Pass pass, int number, int[] indices, int[] turns) {
        this.loader = loader;
        this.epoch = epoch;
        this.pass = pass;
        this.number = number;
        this.indices = indices;
        this.turns = turns;
        this.images = loader.borrow(indices.length);
        this.failures = new Throwable[indices.length];
        this.left = new AtomicInteger(indices.length);
    }


    /** Completes when all images are prepared; the batch is empty if none could be read. */
    CompletableFuture<RawBatch> whole() {
        return whole;
    }

    /** Returns the memory of a batch that was not delivered. */
    void release() {
        loader.giveBack(images);
    }

    /** Prepares one image; to be called once for each position. Never throws: an exception becomes the batch's failure. */
    void prepare(int position) {
        try {
            loader.load(indices[position], turns[position], epoch, pass, images, position);
        } catch (RuntimeException | Error failed) {
            failures[position] = failed;
        }
        /* The countdown also makes the other threads' writes visible to the last one. */
        if (left.decrementAndGet() == 0) {
            try {
                whole.complete(finish());
            } catch (RuntimeException | Error failed) {
                whole.completeExceptionally(failed);
            }
        }
    }

    private RawBatch finish() {
        List<Sample> sound = new ArrayList<>();
        for (int i = 0; i < indices.length; i++) {
            if (failures[i] == null) {
                closeGap(i, sound.size());
                sound.add(loader.sample(indices[i]));
            } else if (failures[i] instanceof ImageReadException broken && !loader.options().strict()) {
                loader.reportBroken(indices[i], broken);
            } else if (failures[i] instanceof Error error) {
                throw error;
            } else {
                throw (RuntimeException) failures[i];
            }
        }
        /* Batch norm may fail on a single image, see BatchLoader.images. */
        if (pass == Pass.TRAINING && sound.size() == 1 && indices.length > 1) {
            sound.clear();
        }
        float[] exact = images;
        if (sound.size() < indices.length) {
            exact = Arrays.copyOf(images, sound.size() * loader.imageLength());
        }
        Targets targets = sound.isEmpty() ? Targets.classNumbers(sound)
                : loader.targets(sound, exact, number, epoch, pass);
        return new RawBatch(exact, targets, sound.size(), loader.side(), sound.stream().map(Sample::file).toList());
    }

    private void closeGap(int from, int to) {
        if (from != to) {
            int length = loader.imageLength();
            System.arraycopy(images, from * length, images, to * length, length);
        }
    }
}
