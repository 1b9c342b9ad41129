package thaw.finetune.plan;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import thaw.engine.optim.Anneal;
import thaw.engine.optim.Constant;
import thaw.engine.optim.CosineAnnealing;
import thaw.engine.optim.FlatCosine;
import thaw.engine.optim.OneCycle;
import thaw.engine.optim.SGDR;
import thaw.engine.optim.Schedule;
import thaw.engine.optim.StepLR;
import thaw.engine.optim.Warmup;

/**
 * A schedule as a name and options, the form used in settings and on the command line:
 * {@code sgdr(cycle_len=1,cycle_mult=2)}. Immutable.
 *
 * <pre>
 * constant
 * one-cycle          pct_start 0.25, div 25, div_final 1e5, mom_max 0.95, mom_min 0.85    fastai's fit_one_cycle
 * one-cycle-pytorch  pct_start 0.3, div_factor 25, final_div_factor 1e4                   PyTorch's OneCycleLR
 * sgdr               cycle_len 1, cycle_mult 2 (epochs), gentle 0 (1: as fastai 0.7)      fastai's fit_sgdr
 * flat-cosine        pct_start 0.75, div_final 1e5                                        fastai's fit_flat_cos
 * cosine                                                                                  CosineAnnealingLR down to 0
 * step               step_size 30 (epochs), gamma 0.1                                     StepLR
 * </pre>
 * All schedules have a warm-up: {@code warmup} epochs, 0 by default, starting at {@code warmup_start} times the rate,
 * 0.01 by default.
 *
 * @param options the options given; all others have the defaults above
 */
public record ScheduleRecipe(String name, Map<String, Double> options) implements Schedule.Factory {

    /** A row of the table of schedules: the options with their defaults, and the schedule without warm-up. */
    private record Known(Map<String, Double> defaults, Construction construction) {
    }

    private interface Construction {
        /** @param steps the steps of all epochs after the warm-up */
        Schedule of(ScheduleRecipe recipe, int epochs, int steps, int stepsPerEpoch);
    }

    private static final Map<String, Known> KNOWN = new LinkedHashMap<>();

    static {
        know("constant", Map.of(), (o, epochs, steps, perEpoch) -> new Constant());
        know("one-cycle", Map.of("pct_start", 0.25, "div", 25.0, "div_final", 1e5, "mom_max", 0.95, "mom_min", 0.85),
                (o, epochs, steps, perEpoch) -> OneCycle.fastai(steps, o.option("pct_start"), o.option("div"),
                        o.option("div_final")).momenta(o.option("mom_min"), o.option("mom_max")));
        know("one-cycle-pytorch", Map.of("pct_start", 0.3, "div_factor", 25.0, "final_div_factor", 1e4),
                (o, epochs, steps, perEpoch) -> OneCycle.of(steps, o.option("pct_start"), Anneal.COSINE, o.option("div_factor"),
                        o.option("final_div_factor"), 0.85, 0.95));
        know("sgdr", Map.of("cycle_len", 1.0, "cycle_mult", 2.0, "gentle", 0.0),
                (o, epochs, steps, perEpoch) -> o.sgdr(epochs, perEpoch));
        know("flat-cosine", Map.of("pct_start", 0.75, "div_final", 1e5),
                (o, epochs, steps, perEpoch) -> new FlatCosine(steps, o.option("pct_start"), o.option("div_final")));
        know("cosine", Map.of(), (o, epochs, steps, perEpoch) -> new CosineAnnealing(steps));
        know("step", Map.of("step_size", 30.0, "gamma", 0.1), (o, epochs, steps,
                perEpoch) -> new StepLR((int) Math.max(1, Math.round(o.option("step_size") * perEpoch)), o.option("gamma")));
    }

    private static void know(String name, Map<String, Double> options, Construction construction) {
        Map<String, Double> all = new LinkedHashMap<>(options);
        all.put("warmup", 0.0);
        all.put("warmup_start", 0.01);
        KNOWN.put(name, new Known(all, construction));
    }

    /** @throws IllegalArgumentException if the name is unknown, the schedule has no such option, or a value is invalid */
    public ScheduleRecipe {
        options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
        if (!KNOWN.containsKey(name)) {
            throw new IllegalArgumentException("unknown schedule \"" + name + "\"; known are "
                    + String.join(", ", KNOWN.keySet()));
        }
        Map<String, Double> defaults = Objects.requireNonNull(KNOWN.get(name)).defaults;
        options.forEach((option, value) -> {
            if (!defaults.containsKey(option)) {
                throw new IllegalArgumentException("schedule " + name + " has no option \"" + option + "\"; it has "
                        + defaults.keySet().stream().sorted().collect(Collectors.joining(", ")));
            }
            switch (option) {
                case "pct_start", "mom_max", "mom_min", "warmup_start" ->
                    require(name, option, value, value >= 0 && value <= 1, "a number from 0 to 1");
                case "cycle_len", "cycle_mult" ->
                    require(name, option, value, value >= 1 && value == Math.rint(value), "a whole number of at least 1");
                case "gentle" -> require(name, option, value, value == 0 || value == 1, "0 or 1");
                case "warmup" -> require(name, option, value, value >= 0, "epochs, 0 or more");
                default -> require(name, option, value, value > 0, "a number above 0");
            }
        });
    }

    private static void require(String name, String option, double value, boolean valid, String expected) {
        if (!valid || !Double.isFinite(value)) {
            throw new IllegalArgumentException("schedule " + name + ": " + option + " takes " + expected + ", got " + value);
        }
    }

    /** The schedule of this name with default options. */
    public static ScheduleRecipe of(String name) {
        return new ScheduleRecipe(name, Map.of());
    }

    /** fastai's one-cycle schedule with default options. */
    public static ScheduleRecipe oneCycle() {
        return of("one-cycle");
    }

    /** The same recipe with one more option. */
    public ScheduleRecipe with(String option, double value) {
        Map<String, Double> more = new LinkedHashMap<>(options);
        more.put(option, value);
        return new ScheduleRecipe(name, more);
    }

    /** The names of all schedules. */
    public static List<String> names() {
        return List.copyOf(KNOWN.keySet());
    }

    /**
     * Reads {@code one-cycle} or {@code one-cycle(pct_start=0.3,div=5)}; {@code flat-cos}, fastai's name, is
     * {@code flat-cosine}.
     *
     * @throws IllegalArgumentException if the text has another form, or names an unknown schedule or option
     */
    @JsonCreator
    public static ScheduleRecipe parse(String text) {
        return NamedOptions.parse("schedule", "one-cycle(pct_start=0.3)",
                text.replaceFirst("^flat-cos(?!ine)", "flat-cosine"), ScheduleRecipe::new);
    }

    @JsonValue
    @Override
    public String toString() {
        return NamedOptions.text(name, options);
    }

    private double option(String option) {
        return Objects.requireNonNull(options.getOrDefault(option, known().defaults.get(option)));
    }

    private Known known() {
        return Objects.requireNonNull(KNOWN.get(name));
    }

    @Override
    public Schedule of(int epochs, int stepsPerEpoch) {
        int all = Math.multiplyExact(epochs, stepsPerEpoch);
        double warmup = option("warmup");
        int warmupSteps = (int) Math.round(warmup * stepsPerEpoch);
        if (warmupSteps < 0 || warmupSteps >= all) {
            throw new IllegalArgumentException("schedule " + name + ": a warm-up of " + warmup + " epochs leaves nothing of "
                    + epochs + "; use a shorter warm-up, or train for more epochs");
        }
        if (name.equals("sgdr") && warmup != Math.rint(warmup)) {
            throw new IllegalArgumentException("schedule sgdr: expected a warm-up of whole epochs, because cycles are"
                    + " whole epochs, got " + warmup);
        }
        Schedule rest = known().construction.of(this, epochs - (int) warmup, all - warmupSteps, stepsPerEpoch);
        return warmupSteps == 0 ? rest : new Warmup(warmupSteps, option("warmup_start"), rest);
    }

    private Schedule sgdr(int epochs, int stepsPerEpoch) {
        int length = (int) option("cycle_len");
        int mult = (int) option("cycle_mult");
        List<Integer> fitting = new ArrayList<>();
        for (int cycles = 1; fitting.isEmpty() || fitting.get(fitting.size() - 1) < epochs; cycles++) {
            fitting.add(SGDR.length(cycles, length, mult));
            if (fitting.get(cycles - 1) == epochs) {
                return option("gentle") == 0 ? new SGDR(cycles, length * stepsPerEpoch, mult)
                        : SGDR.fastai07(cycles, length * stepsPerEpoch, mult);
            }
        }
        throw new IllegalArgumentException("schedule sgdr: cycles of " + length + " epochs, each " + mult
                + " times as long as the one before, don't end after " + epochs + " epochs; train for one of " + fitting);
    }
}
