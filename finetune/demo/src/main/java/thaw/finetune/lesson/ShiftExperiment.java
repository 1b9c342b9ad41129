package thaw.finetune.lesson;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import thaw.engine.Device;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.DataLoaders;
import thaw.finetune.data.LoaderOptions;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.loss.Objective;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.ScheduleRecipe;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.predict.LabelSet;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.train.BatchNormAdaptation;
import thaw.finetune.train.DivergenceException;
import thaw.finetune.train.Learner;
import thaw.resnet.Granularity;
import thaw.resnet.LayerGroup;
import thaw.resnet.Network;

/**
 * Trains a network in every {@link Way} on every shift and draw. All ways have the same start, a head trained alone if the classes are
 * new; the same images in the same order, flipped alike; the same number of epochs; and no other setting than Thaw's own. The rate of a
 * way is the best of four on draw 0, which counts for nothing else.
 */
final class ShiftExperiment {

    /** The rates to choose from, lowest first. */
    static final List<Double> RATES = List.of(0.001, 0.01, 0.1, 1.0);
    static final int HEAD_EPOCHS = 3;
    static final int BATCH = 20;
    private static final double HEAD_RATE = 0.05;
    private static final int TEST_BATCH = 100;
    /** An epoch ends with a validation, of which nothing is used here. */
    private static final int VALIDATED = 10;

    private final ModelFile source;
    private final List<Shift> shifts;
    private final int epochs;
    private final int draws;
    private final Measurements measurements;
    private final ShiftsChapter.Listener listener;
    /** The tasks by shift and draw, whose images are decoded once. */
    private final Map<String, List<Shift.Task>> tasks = new ConcurrentHashMap<>();
    private int done;
    private int earlier;
    private final int all;

    /**
     * The result of a way on a shift.
     *
     * @param rate       the chosen rate; 0 for a way without one
     * @param accuracies of each draw, 0 to 1
     */
    record Result(double rate, double[] accuracies) {
    }

    private record Run(Shift shift, int draw, Way way, double rate) {
        String key() {
            return shift.name() + "/" + way.name().toLowerCase(Locale.ROOT) + "/draw " + draw + (rate == 0 ? "" : "/" + rate);
        }
    }

    ShiftExperiment(ModelFile source, List<Shift> shifts, int epochs, int draws, Measurements measurements,
            ShiftsChapter.Listener listener) {
        this.source = source;
        this.shifts = shifts;
        this.epochs = epochs;
        this.draws = draws;
        this.measurements = measurements;
        this.listener = listener;
        int rated = (int) Stream.of(Way.values()).filter(Way::isRated).count();
        all = shifts.size() * (rated * RATES.size() + Way.values().length * draws);
    }

    /**
     * Runs what has not been measured yet, as many runs at a time as there are threads.
     *
     * @return the results by shift and way
     * @throws IOException if the measurements cannot be written
     */
    Map<Shift, Map<Way, Result>> run(int threads) throws IOException {
        ExecutorService workers = Executors.newFixedThreadPool(threads, work -> {
            Thread thread = new Thread(work, "thaw-lesson");
            thread.setDaemon(true);
            return thread;
        });
        try {
            List<Run> choosing = new ArrayList<>();
            for (Shift shift : shifts) {
                Stream.of(Way.values()).filter(Way::isRated)
                        .forEach(way -> RATES.forEach(rate -> choosing.add(new Run(shift, 0, way, rate))));
            }
            measure(choosing, workers);
            List<Run> counted = new ArrayList<>();
            for (int draw = 1; draw <= draws; draw++) {
                for (Shift shift : shifts) {
                    for (Way way : Way.values()) {
                        counted.add(new Run(shift, draw, way, chosen(shift, way)));
                    }
                }
            }
            measure(counted, workers);
        } finally {
            workers.shutdownNow();
        }
        return results();
    }

    private void measure(List<Run> runs, ExecutorService workers) throws IOException {
        List<Run> open = runs.stream().filter(run -> measurements.get(run.key()).isEmpty()).toList();
        earlier += runs.size() - open.size();
        done += runs.size() - open.size();
        listener.onTraining(done, all, earlier);
        CompletionService<Void> trials = new ExecutorCompletionService<>(workers);
        open.forEach(run -> trials.submit(() -> {
            measurements.put(run.key(), accuracy(run));
            return null;
        }));
        try {
            for (int i = 0; i < open.size(); i++) {
                trials.take().get();
                listener.onTraining(++done, all, earlier);
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

    /** The rate with the highest accuracy on draw 0, the lowest of several. */
    private double chosen(Shift shift, Way way) {
        double best = 0;
        double most = -1;
        for (double rate : way.isRated() ? RATES : List.<Double>of()) {
            double accuracy = measurements.get(new Run(shift, 0, way, rate).key()).orElseThrow();
            if (accuracy > most) {
                most = accuracy;
                best = rate;
            }
        }
        return best;
    }

    private Map<Shift, Map<Way, Result>> results() {
        Map<Shift, Map<Way, Result>> results = new LinkedHashMap<>();
        for (Shift shift : shifts) {
            Map<Way, Result> ofShift = new EnumMap<>(Way.class);
            for (Way way : Way.values()) {
                double rate = chosen(shift, way);
                double[] accuracies = new double[draws];
                for (int draw = 1; draw <= draws; draw++) {
                    accuracies[draw - 1] = measurements.get(new Run(shift, draw, way, rate).key()).orElseThrow();
                }
                ofShift.put(way, new Result(rate, accuracies));
            }
            results.put(shift, ofShift);
        }
        return results;
    }

    /** The mean accuracy over the tasks of the draw. */
    private double accuracy(Run run) {
        return tasks.computeIfAbsent(run.shift.name() + run.draw, key -> run.shift.tasks().apply(run.draw)).stream()
                .mapToDouble(task -> accuracy(run, task)).average().orElseThrow();
    }

    private double accuracy(Run run, Shift.Task task) {
        try (Device device = Device.cpu(1)) {
            device.generator().seed(run.draw);
            Network net = source.toNet(device);
            if (run.shift.newHead()) {
                net = net.replaceHead(task.classes().size());
            }
            LabelSet labels = new LabelSet(task.classes(), false);
            BatchLoader train = new BatchLoader(task.train(), labels, source.transforms(),
                    LoaderOptions.training(BATCH, run.draw).threads(1));
            BatchLoader valid = new BatchLoader(task.test().first(VALIDATED), labels, source.transforms(),
                    LoaderOptions.evaluation(VALIDATED).threads(1));
            try (Learner learn = new Learner(net, new DataLoaders(train, valid)).granularity(Granularity.STAGES)) {
                train(run, learn, net, train);
            }
            BatchLoader test = new BatchLoader(task.test(), labels, source.transforms(),
                    LoaderOptions.evaluation(TEST_BATCH).threads(1));
            return Evaluation.of(net, test, Objective.standard(labels), images -> {}).accuracy();
        } catch (DivergenceException ranAway) {
            // A network whose weights are no numbers is right as often as a guess.
            return 1.0 / task.classes().size();
        }
    }

    private void train(Run run, Learner learn, Network net, BatchLoader train) {
        List<TrainingPhase> plan = new ArrayList<>();
        if (run.shift.newHead()) {
            plan.add(new TrainingPhase("head", HEAD_EPOCHS, ScheduleRecipe.oneCycle(), LearningRates.of(HEAD_RATE)).freezeTo(-1));
        }
        if (run.way != Way.STATISTICS) {
            plan.add(run.way.phase(epochs, run.rate, learn.groups().stream().map(LayerGroup::name).toList()));
        }
        if (!plan.isEmpty()) {
            learn.run(plan);
        }
        if (run.way == Way.STATISTICS) {
            BatchNormAdaptation.to(train.images()).adapt(net, train.inOrder());
        }
    }
}
