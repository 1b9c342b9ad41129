package thaw.finetune.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import thaw.engine.Device;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.train.DivergenceException;
import thaw.finetune.train.TrainingListener;

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
    public Comparison run(DemoListener listener) throws IOException {
        DemoImages images = images();
        for (long seed = FIRST; seed < FIRST + draws; seed++) {
            images.draw(seed);
        }
        listener.onImages(images);
        ModelFile pretrained = ShippedNetwork.read();
        Results results = new Results();
        Arm recommended = Arm.all().get(0);
        try (Device device = Device.cpu(threads)) {
            Trial trial = new Trial(recommended, images, pretrained, FIRST, device);
            results.add(recommended, 0, trial.run(listener.onNetwork(trial.net())));
            trial.save(model());
        }
        runOthers(images, pretrained, results, listener);
        return results.comparison(images);
    }

    private record Finished(Arm arm, int draw, List<Double> accuracies) {
    }

    private void runOthers(DemoImages images, ModelFile pretrained, Results results, DemoListener listener) {
        ExecutorService workers = Executors.newFixedThreadPool(threads, work -> {
            Thread thread = new Thread(work, "thaw-demo");
            thread.setDaemon(true);
            return thread;
        });
        try {
            CompletionService<Finished> trials = new ExecutorCompletionService<>(workers);
            for (int draw = 0; draw < draws; draw++) {
                for (Arm arm : Arm.all()) {
                    int d = draw;
                    if (!results.has(arm, draw)) {
                        trials.submit(() -> new Finished(arm, d, runAlone(arm, images, pretrained, FIRST + d)));
                    }
                }
            }
            int all = draws * Arm.all().size();
            listener.onTrial(1, all);
            for (int done = 2; done <= all; done++) {
                Finished trial = trials.take().get();
                results.add(trial.arm, trial.draw, trial.accuracies);
                listener.onTrial(done, all);
            }
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

    /** The accuracies of each arm's phases, one for each draw, filled in as trainings finish. */
    private final class Results {
        private final List<List<Double[]>> arms = new ArrayList<>();

        Results() {
            for (Arm arm : Arm.all()) {
                arms.add(arm.phases().stream().map(phase -> new Double[draws]).toList());
            }
        }

        void add(Arm arm, int draw, List<Double> accuracies) {
            List<Double[]> phases = arms.get(Arm.all().indexOf(arm));
            for (int i = 0; i < phases.size(); i++) {
                phases.get(i)[draw] = accuracies.get(i);
            }
        }

        boolean has(Arm arm, int draw) {
            return arms.get(Arm.all().indexOf(arm)).get(0)[draw] != null;
        }

        Comparison comparison(DemoImages images) {
            List<Comparison.Row> rows = new ArrayList<>();
            for (int a = 0; a < arms.size(); a++) {
                Arm arm = Arm.all().get(a);
                // The head alone is the same network in every arm that begins with it; it has one row.
                for (int i = a == 0 ? 0 : arm.phases().size() - 1; i < arm.phases().size(); i++) {
                    Phase phase = arm.phases().get(i);
                    rows.add(new Comparison.Row(arm.epochsUntil(phase), phase, List.of(arms.get(a).get(i))));
                }
            }
            return new Comparison(rows, perClass, images.test().evaluation().size(), images.test().classes().size());
        }
    }
}
