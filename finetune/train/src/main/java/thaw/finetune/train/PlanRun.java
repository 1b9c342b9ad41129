package thaw.finetune.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.plan.TrainingPlan;

/** The execution of a plan, phase by phase. */
final class PlanRun {

    private final FitContext context;
    private final TrainingPlan plan;
    private final List<EpochResult> history = new ArrayList<>();
    private int dataEpoch;
    private PhaseRun running;

    /** @param dataEpoch the loader's number of the next epoch */
    PlanRun(FitContext context, TrainingPlan plan, int dataEpoch) {
        this.context = context;
        this.plan = plan;
        this.dataEpoch = dataEpoch;
    }

    /**
     * Trains the plan, until it is complete or stopped.
     *
     * @param from the state to resume from; null to start from the beginning
     */
    FitResult train(FitState from) {
        if (from != null) {
            history.addAll(from.history());
        }
        List<TrainingPhase> phases = plan.phases();
        int first = from == null ? 0 : from.position().phase();
        for (int i = first; i < phases.size(); i++) {
            try (PhaseRun run = new PhaseRun(context, plan, i, dataEpoch, history)) {
                running = run;
                if (from != null && i == first) {
                    run.restore(from);
                }
                TrainingPhase phase = phases.get(i);
                int number = i + 1;
                context.tell(listener -> listener.onPhase(phase, number, phases.size()));
                boolean complete = run.train();
                dataEpoch = run.dataEpoch();
                if (!complete) {
                    return new FitResult(history, Optional.of(run.state()));
                }
            }
        }
        return new FitResult(history, Optional.empty());
    }

    /** The loader's number of the epoch after the last phase that has ended. */
    int dataEpoch() {
        return dataEpoch;
    }

    /** The state of the running phase. */
    FitState state() {
        return running.state();
    }

    /** See {@link PhaseRun#asValidated}. */
    <T> T asValidated(Supplier<T> use) {
        return running.asValidated(use);
    }
}
