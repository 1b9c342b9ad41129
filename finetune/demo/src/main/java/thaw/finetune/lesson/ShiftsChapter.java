package thaw.finetune.lesson;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import thaw.finetune.diagnostics.Diagnostics;
import thaw.finetune.diagnostics.DiagnosticsOptions;
import thaw.finetune.diagnostics.GroupActivity;
import thaw.finetune.diagnostics.GroupResilience;
import thaw.finetune.lesson.Lab.Trial;
import thaw.finetune.train.BatchNormAdaptation;
import thaw.finetune.train.DivergenceException;
import thaw.finetune.train.EpochResult;

/**
 * Ten ways to train a network on targets that differ from its origin in their images, in their labels, in near classes and in far ones
 * (after Lee et al. 2023, "Surgical fine-tuning improves adaptation to distribution shifts"). All ways have the same start, a head
 * trained alone if the classes are new; the same images in the same order, flipped alike; the same number of epochs; and no other
 * setting than Thaw's own. The rate of a way is the best of four on draw 0, which counts for nothing else.
 */
record ShiftsChapter(Subject subject) implements Chapter {

    /** The rates to choose from, lowest first. */
    static final List<Double> RATES = List.of(0.001, 0.01, 0.1, 1.0);
    private static final DiagnosticsOptions EACH_STEP = new DiagnosticsOptions(1, 0, 1e-2);

    /**
     * The result of a way on a shift.
     *
     * @param rate       the chosen rate; 0 for a way without one
     * @param accuracies of each draw, 0 to 1
     * @param diverged   number of trainings that diverged, whose accuracy is that of a guess
     */
    record Result(double rate, double[] accuracies, int diverged) {
    }

    /**
     * A layer group in the training of all layers at one rate.
     *
     * @param updateRatio mean over the steps
     * @param distance    from the start, relative to the start's norm
     */
    record Group(String name, double updateRatio, double distance, double rewound, double noisy) {
        private static final int NUMBERS = 4;
    }

    /**
     * The results on a shift.
     *
     * @param accuracy of the network whose layer groups are given
     */
    record OfShift(Map<Way, Result> ways, double accuracy, List<Group> groups) {
    }

    @Override
    public String question() {
        return "Why do early layers get a small rate?";
    }

    @Override
    public int trials() {
        int rated = (int) Stream.of(Way.values()).filter(Way::isRated).count();
        return subject.shifts().size() * (rated * RATES.size() + Way.values().length * subject.amount().draws() + 1);
    }

    @Override
    public Answer answer(Lab lab) throws IOException {
        List<Trial> choosing = new ArrayList<>();
        for (Shift shift : subject.shifts()) {
            Stream.of(Way.values()).filter(Way::isRated)
                    .forEach(way -> RATES.forEach(rate -> choosing.add(trial(shift, way, 0, rate))));
        }
        lab.measure(choosing);
        List<Trial> counted = new ArrayList<>();
        for (Shift shift : subject.shifts()) {
            for (int draw = 1; draw <= subject.amount().draws(); draw++) {
                for (Way way : Way.values()) {
                    counted.add(trial(shift, way, draw, chosen(shift, way, lab)));
                }
            }
            double rate = chosen(shift, Way.ALL, lab);
            counted.add(new Trial(groupsKey(shift), () -> groups(shift.tasks().apply(1).get(0), rate)));
        }
        lab.measure(counted);
        Map<Shift, OfShift> results = new LinkedHashMap<>();
        for (Shift shift : subject.shifts()) {
            results.put(shift, results(shift, lab));
        }
        return new ShiftsAnswer(subject.amount(), results).answer();
    }

    private static String key(Shift shift, Way way, int draw, double rate) {
        return "shifts/" + shift.name() + "/" + way.name().toLowerCase(Locale.ROOT) + "/draw " + draw + (rate == 0 ? "" : "/" + rate);
    }

    private static String groupsKey(Shift shift) {
        return "shifts/" + shift.name() + "/groups";
    }

    /** A trial whose numbers are the mean accuracy over the tasks of the draw, and how many trainings diverged. */
    private Trial trial(Shift shift, Way way, int draw, double rate) {
        return new Trial(key(shift, way, draw, rate), () -> {
            double[] sum = new double[2];
            List<Shift.Task> tasks = shift.tasks().apply(draw);
            for (Shift.Task task : tasks) {
                double[] one = TaskLearner.accuracy(task, () -> accuracy(task, way, draw, rate));
                sum[0] += one[0] / tasks.size();
                sum[1] += one[1];
            }
            return sum;
        });
    }

    private double accuracy(Shift.Task task, Way way, int draw, double rate) {
        try (TaskLearner on = TaskLearner.pretrained(subject.network(), task, draw)) {
            on.trainHead();
            if (way == Way.STATISTICS) {
                BatchNormAdaptation.to(on.images().images()).adapt(on.net(), on.images().inOrder());
            } else {
                on.run(way.phase(subject.amount().epochs(), rate, on.groups()));
            }
            return on.test().accuracy();
        }
    }

    /** The accuracy after training all layers at one rate, then the numbers of each {@link Group}; none if the training diverges. */
    private double[] groups(Shift.Task task, double rate) {
        try (TaskLearner on = TaskLearner.pretrained(subject.network(), task, 1)) {
            on.trainHead();
            on.learner().diagnostics(EACH_STEP);
            try (Diagnostics start = new Diagnostics(on.net(), EACH_STEP)) {
                List<EpochResult> epochs = on.run(Way.ALL.phase(subject.amount().epochs(), rate, on.groups())).epochs();
                List<GroupResilience> resilience = start.resilience(on.learner().groups(), () -> on.test().accuracy());
                List<Double> numbers = new ArrayList<>(List.of(on.test().accuracy()));
                for (int g = 0; g < resilience.size(); g++) {
                    int group = g;
                    ToDoubleFunction<EpochResult> ratio = epoch -> epoch.activity().get(group).updateRatio();
                    GroupActivity end = epochs.get(epochs.size() - 1).activity().get(g);
                    numbers.addAll(List.of(epochs.stream().mapToDouble(ratio).average().orElseThrow(), end.relativeDistance(),
                            resilience.get(g).rewound(), resilience.get(g).noisy()));
                }
                return numbers.stream().mapToDouble(Double::doubleValue).toArray();
            }
        } catch (DivergenceException ranAway) {
            return new double[] {Double.NaN};
        }
    }

    /** The rate with the highest accuracy on draw 0, the lowest of several. */
    private static double chosen(Shift shift, Way way, Lab lab) {
        double best = 0;
        double most = -1;
        for (double rate : way.isRated() ? RATES : List.<Double>of()) {
            double accuracy = lab.get(key(shift, way, 0, rate))[0];
            if (accuracy > most) {
                most = accuracy;
                best = rate;
            }
        }
        return best;
    }

    private OfShift results(Shift shift, Lab lab) {
        int draws = subject.amount().draws();
        Map<Way, Result> ways = new EnumMap<>(Way.class);
        for (Way way : Way.values()) {
            double rate = chosen(shift, way, lab);
            IntFunction<String> key = draw -> key(shift, way, draw, rate);
            ways.put(way, new Result(rate, lab.ofDraws(draws, key, 0), (int) Arrays.stream(lab.ofDraws(draws, key, 1)).sum()));
        }
        double[] numbers = lab.get(groupsKey(shift));
        List<Group> groups = new ArrayList<>();
        List<String> names = groupNames();
        for (int i = 1; i < numbers.length; i += Group.NUMBERS) {
            groups.add(new Group(names.get(i / Group.NUMBERS), numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3]));
        }
        return new OfShift(ways, numbers[0], groups);
    }

    private List<String> groupNames() {
        try (TaskLearner on = TaskLearner.pretrained(subject.network(), subject.task(1), 1)) {
            return on.groups();
        }
    }
}
