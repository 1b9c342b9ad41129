package thaw.finetune.lesson;

import java.util.List;
import java.util.stream.IntStream;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.ScheduleRecipe;
import thaw.finetune.plan.TrainingPhase;

/** A way to train a pretrained network on a target task. */
enum Way {
    HEAD("the head alone", true),
    FIRST("the first group alone", true),
    LAST("the last stage alone", true),
    ALL("all at one rate", true),
    EARLY_LOW("early layers lower", true),
    LATE_LOW("late layers lower", true),
    FREEZE("first group frozen", true),
    AUTO("chosen rates (auto)", false),
    L_DOG("L-DoG", false),
    STATISTICS("statistics re-estimated", false);

    /** The ratio of the rates of the last group and the first, and the reverse: fastai's {@code lr_mult}. */
    private static final double RATIO = 100;

    private final String label;
    private final boolean rated;

    Way(String label, boolean rated) {
        this.label = label;
        this.rated = rated;
    }

    /** The name in tables and charts. */
    String label() {
        return label;
    }

    /** Whether a rate is to be chosen for it. */
    boolean isRated() {
        return rated;
    }

    /**
     * The learning rates.
     *
     * @param rate   the highest rate
     * @param groups the names of the stem, the stages and the head
     * @throws IllegalStateException for {@link #STATISTICS}, which trains nothing
     */
    LearningRates rates(double rate, List<String> groups) {
        int count = groups.size();
        // Stem and first half of the stages: the first of Thaw's usual three groups.
        int early = 1 + (count - 2) / 2;
        return switch (this) {
            case HEAD -> LearningRates.of(rate).only(groups.subList(count - 1, count));
            case FIRST -> LearningRates.of(rate).only(groups.subList(0, early));
            case LAST -> LearningRates.of(rate).only(groups.subList(count - 2, count - 1));
            case ALL -> LearningRates.of(rate);
            case EARLY_LOW -> LearningRates.slice(rate / RATIO, rate);
            case LATE_LOW -> LearningRates.of(reversed(LearningRates.slice(rate / RATIO, rate).forGroups(groups)));
            case FREEZE -> LearningRates.of(rate).only(groups.subList(early, count));
            case AUTO -> LearningRates.auto();
            case L_DOG -> LearningRates.lDog();
            case STATISTICS -> throw new IllegalStateException("no rates: " + label);
        };
    }

    private static double[] reversed(List<Double> rates) {
        int last = rates.size() - 1;
        return IntStream.rangeClosed(0, last).mapToDouble(i -> rates.get(last - i)).toArray();
    }

    /** The phase of training with these rates. */
    TrainingPhase phase(int epochs, double rate, List<String> groups) {
        LearningRates rates = rates(rate, groups);
        List<Double> each = rates.forGroups(groups);
        int first = IntStream.range(0, each.size()).filter(i -> each.get(i) > 0).findFirst().orElse(0);
        ScheduleRecipe schedule = this == L_DOG ? ScheduleRecipe.of("constant") : ScheduleRecipe.oneCycle();
        return new TrainingPhase(label, epochs, schedule, rates).freezeTo(first);
    }
}
