package thaw.finetune.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import thaw.engine.Device;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.train.DivergenceException;
import thaw.finetune.train.TrainingListener;
import thaw.resnet.ResNet;

/**
 * Fine-tunes the shipped network on new classes with few synthetic images, and compares several arms, on several draws of images
 * and initial weights.
 *
 * @param folder   receives the images and the model
 * @param perClass number of training images per class
 * @param tested   number of test images per class
 * @param draws    number of draws, at least 1; their seeds are 1, 2, …
 * @param threads  total number of threads, at least 1; the result does not depend on it
 */
public record Demo(Path folder, int perClass, int tested, int draws, int threads) {

    private static final long FIRST = 1;

    /** Is notified of progress. */
    public interface Listener {

        /** Called when all images have been drawn. */
        void onImages(DemoImages images);

        /** Called before the first network is trained; returns the listener for that training. */
        TrainingListener onNetwork(ResNet net);

        /** Called when {@code done} of {@code all} trainings are finished; by one thread. */
        void onTrial(int done, int all);
    }

    /** @throws IllegalArgumentException if {@code draws} or {@code threads} is below 1 */
    public Demo {
        if (draws < 1 || threads < 1) {
            throw new IllegalArgumentException("demo: expected at least 1 draw and 1 thread, got " + draws + " and " + threads);
        }
    }

    /** The demo's synthetic images in the folder. */
    public DemoImages images() {
        return new DemoImages(folder, perClass, tested);
    }

    /** The file of the recommended arm's network, trained on the first draw. */
    public Path model() {
        return folder.resolve("model.safetensors");
    }

    /**
     * Draws images, trains and tests. The first training is the recommended arm's, with all threads. The others run in parallel
     * with one thread each, which is more efficient for a network of this size.
     *
     * @throws IOException         if images or the model cannot be written
     * @throws DivergenceException if the loss of the first training becomes infinite or NaN; in another it counts as accuracy 0
     */
    public Comparison run(Listener listener) throws IOException {
        DemoImages images = images();
        for (long seed = FIRST; seed < FIRST + draws; seed++) {
            images.draw(seed);
        }
        listener.onImages(images);
        ModelFile pretrained = ShippedNetwork.read();
        List<Double> first;
        try (Device device = Device.cpu(threads)) {
            Trial trial = new Trial(Arm.all().get(0), images, pretrained, FIRST, device);
            first = trial.run(listener.onNetwork(trial.net()));
            trial.save(model());
        }
        return comparison(images, runOthers(images, pretrained, first, listener));
    }

    /** The accuracies after each phase, of all arms on the first draw, which begin with {@code first}, then on the next one, and so on. */
    private List<List<Double>> runOthers(DemoImages images, ModelFile pretrained, List<Double> first, Listener listener) {
        ExecutorService workers = Executors.newFixedThreadPool(threads, work -> {
            Thread thread = new Thread(work, "thaw-demo");
            thread.setDaemon(true);
            return thread;
        });
        try {
            int arms = Arm.all().size();
            List<Future<List<Double>>> trials = new ArrayList<>(List.of(CompletableFuture.completedFuture(first)));
            for (int i = 1; i < draws * arms; i++) {
                Arm arm = Arm.all().get(i % arms);
                long seed = FIRST + i / arms;
                trials.add(workers.submit(() -> runAlone(arm, images, pretrained, seed)));
            }
            List<List<Double>> found = new ArrayList<>();
            for (Future<List<Double>> trial : trials) {
                found.add(trial.get());
                listener.onTrial(found.size(), trials.size());
            }
            return found;
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof Error error) {
                throw error;
            }
            throw failed.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(failed.getCause());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while networks were being trained");
        } finally {
            workers.shutdownNow();
        }
    }

    private static List<Double> runAlone(Arm arm, DemoImages images, ModelFile pretrained, long seed) {
        try (Device device = Device.cpu(1)) {
            return new Trial(arm, images, pretrained, seed, device).run(new TrainingListener() {});
        } catch (DivergenceException ranAway) {
            return Collections.nCopies(arm.phases().size(), 0.0);
        }
    }

    private Comparison comparison(DemoImages images, List<List<Double>> accuracies) {
        List<Comparison.Row> rows = new ArrayList<>();
        for (int a = 0; a < Arm.all().size(); a++) {
            int first = a;
            Arm arm = Arm.all().get(a);
            // The head alone is the same network in every arm that begins with it; it has one row.
            for (int i = a == 0 ? 0 : arm.phases().size() - 1; i < arm.phases().size(); i++) {
                int phase = i;
                rows.add(new Comparison.Row(arm.epochsUntil(arm.phases().get(i)), arm.phases().get(i), IntStream.range(0, draws)
                        .mapToObj(draw -> accuracies.get(draw * Arm.all().size() + first).get(phase)).toList()));
            }
        }
        return new Comparison(rows, perClass, images.test().evaluation().size(), images.test().classes().size());
    }
}
