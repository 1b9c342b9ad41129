package thaw.finetune.lesson;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Makes the trials that the lesson's measurements do not hold yet. */
final class Lab implements AutoCloseable {

    /**
     * A measurement of the lesson, such as a training with a test.
     *
     * @param key  its name among all of the lesson, such as {@code rates/one/0.1/draw 2}
     * @param work gives its numbers, the same ones whenever and on however many threads it is done, unless they are times
     */
    record Trial(String key, Callable<double[]> work) {
    }

    private final Measurements measurements;
    private final Lesson.Listener listener;
    private final ExecutorService workers;
    private final int all;
    private String chapter = "";
    private int done;
    private int earlier;

    /**
     * @param threads number of trials at a time
     * @param all     number of trials of all chapters
     */
    Lab(Measurements measurements, int threads, int all, Lesson.Listener listener) {
        this.measurements = measurements;
        this.listener = listener;
        this.all = all;
        workers = Executors.newFixedThreadPool(threads, work -> {
            Thread thread = new Thread(work, "thaw-lesson");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Sets the chapter of the following trials, for the listener. */
    void begin(String name) {
        chapter = name;
    }

    /**
     * Makes trials, several at a time.
     *
     * @throws IOException if the measurements cannot be written
     */
    void measure(List<Trial> trials) throws IOException {
        List<Trial> open = open(trials);
        CompletionService<Void> running = new ExecutorCompletionService<>(workers);
        open.forEach(trial -> running.submit(() -> {
            measurements.put(trial.key(), trial.work().call());
            return null;
        }));
        try {
            for (int i = 0; i < open.size(); i++) {
                running.take().get();
                listener.onTrial(chapter, ++done, all, earlier);
            }
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof IOException unwritable) {
                throw unwritable;
            }
            throw failed.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(failed.getCause());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while networks were being trained");
        }
    }

    /** Makes trials one after another with nothing beside them, as times need; throws like {@link #measure}. */
    void measureAlone(List<Trial> trials) throws IOException {
        for (Trial trial : trials) {
            measure(List.of(trial));
        }
    }

    private List<Trial> open(List<Trial> trials) {
        List<Trial> open = trials.stream().filter(trial -> !measurements.has(trial.key())).toList();
        earlier += trials.size() - open.size();
        done += trials.size() - open.size();
        listener.onTrial(chapter, done, all, earlier);
        return open;
    }

    /** The numbers of a trial that has been made. */
    double[] get(String key) {
        return measurements.get(key);
    }

    /** One of the numbers of each draw's trial, from draw 1. */
    double[] ofDraws(int draws, IntFunction<String> key, int index) {
        return IntStream.rangeClosed(1, draws).mapToDouble(draw -> get(key.apply(draw))[index]).toArray();
    }

    @Override
    public void close() {
        workers.shutdownNow();
    }
}
