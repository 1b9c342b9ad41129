package thaw.finetune.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
public record ScheduleRecipe(String name, Map<String, Double> options) implements PhaseSchedule {

    private static final Map<String, Map<String, Double>> KNOWN = known();

    private static Map<String, Map<String, Double>> known() {
        Map<String, Map<String, Double>> known = new LinkedHashMap<>();
        known.put("constant", Map.of());
        known.put("one-cycle", Map.of("pct_start", 0.25, "div", 25.0, "div_final", 1e5, "mom_max", 0.95, "mom_min", 0.85));
        known.put("one-cycle-pytorch", Map.of("pct_start", 0.3, "div_factor", 25.0, "final_div_factor", 1e4));
        known.put("sgdr", Map.of("cycle_len", 1.0, "cycle_mult", 2.0, "gentle", 0.0));
        known.put("flat-cosine", Map.of("pct_start", 0.75, "div_final", 1e5));
        known.put("cosine", Map.of());
        known.put("step", Map.of("step_size", 30.0, "gamma", 0.1));
        known.replaceAll((name, options) -> {
            Map<String, Double> all = new LinkedHashMap<>(options);
            all.put("warmup", 0.0);
            all.put("warmup_start", 0.01);
            return Collections.unmodifiableMap(all);
        });
        return Collections.unmodifiableMap(known);
    }

    /** @throws IllegalArgumentException if the name is unknown, the schedule has no such option, or a value is invalid */
    public ScheduleRecipe {
        options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
        if (!KNOWN.containsKey(name)) {
            throw new IllegalArgumentException("unknown schedule \"" + name + "\"; known are "
                    + String.join(", ", KNOWN.keySet()));
        }
        for (String option : options.keySet()) {
            if (!KNOWN.get(name).containsKey(option)) {
                throw new IllegalArgumentException("schedule " + name + " has no option \"" + option + "\"; it has "
                        + KNOWN.get(name).keySet().stream().sorted().collect(Collectors.joining(", ")));
            }
            requireSense(name, option, options.get(option));
        }
    }

    private static void requireSense(String name, String option, double value) {
        boolean sensible = switch (option) {
            case "pct_start", "mom_max", "mom_min", "warmup_start" -> value >= 0 && value <= 1;
            case "cycle_len", "cycle_mult" -> value >= 1 && value == Math.rint(value);
            case "gentle" -> value == 0 || value == 1;
            case "warmup" -> value >= 0;
            default -> value > 0;
        };
        if (!sensible || !Double.isFinite(value)) {
            String expected = switch (option) {
                case "pct_start", "mom_max", "mom_min", "warmup_start" -> "a number from 0 to 1";
                case "cycle_len", "cycle_mult" -> "a whole number of at least 1";
                case "gentle" -> "0 or 1";
                case "warmup" -> "epochs, 0 or more";
                default -> "a number above 0";
            };
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
     * Reads {@code one-cycle} or {@code one-cycle(pct_start=0.3,div=5)}.
     *
     * @throws IllegalArgumentException if the text has another form, or names an unknown schedule or option
     */
    public static ScheduleRecipe parse(String text) {
        Matcher call = Pattern.compile("\\s*([a-z0-9-]+)\\s*(?:\\((.*)\\))?\\s*").matcher(text);
        if (!call.matches()) {
            throw new IllegalArgumentException("schedule: expected a name such as one-cycle, or one with options such as"
                    + " one-cycle(pct_start=0.3,div=5), got \"" + text + "\"");
        }
        ScheduleRecipe recipe = of(call.group(1));
        if (call.group(2) != null && !call.group(2).isBlank()) {
            for (String option : call.group(2).split(",")) {
                String[] sides = option.split("=", 2);
                try {
                    recipe = recipe.with(sides[0].strip(), Double.parseDouble(sides[1].strip()));
                } catch (NumberFormatException | ArrayIndexOutOfBoundsException wrong) {
                    throw new IllegalArgumentException("schedule " + call.group(1) + ": expected an option such as pct_start=0.3,"
                            + " got \"" + option + "\"", wrong);
                }
            }
        }
        return recipe;
    }

    @Override
    public String toString() {
        return options.isEmpty() ? name : options.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue())
                .collect(Collectors.joining(",", name + "(", ")"));
    }

    private double option(String option) {
        return options.getOrDefault(option, KNOWN.get(name).get(option));
    }

    @Override
    public Schedule of(int epochs, int stepsPerEpoch) {
        int all = Math.multiplyExact(epochs, stepsPerEpoch);
        int warmup = (int) Math.round(option("warmup") * stepsPerEpoch);
        if (warmup < 0 || warmup >= all) {
            throw new IllegalArgumentException("schedule " + name + ": a warm-up of " + option("warmup")
                    + " epochs leaves nothing of " + epochs + "; use a shorter warm-up, or train for more epochs");
        }
        if (warmup == 0) {
            return main(epochs, all, stepsPerEpoch);
        }
        Schedule rest = name.equals("sgdr") ? main(epochs - wholeEpochs(), all - warmup, stepsPerEpoch)
                : main(epochs, all - warmup, stepsPerEpoch);
        return new Warmup(warmup, option("warmup_start"), rest);
    }

    private int wholeEpochs() {
        if (option("warmup") != Math.rint(option("warmup"))) {
            throw new IllegalArgumentException("schedule sgdr: expected a warm-up of whole epochs, because cycles are"
                    + " whole epochs, got " + option("warmup"));
        }
        return (int) option("warmup");
    }

    private Schedule main(int epochs, int steps, int stepsPerEpoch) {
        return switch (name) {
            case "constant" -> new Constant();
            case "one-cycle" -> {
                OneCycle cycle = OneCycle.fastai(steps, option("pct_start"), option("div"), option("div_final"));
                yield new OneCycle(cycle.totalSteps(), cycle.peakStep(), cycle.endStep(), cycle.startFactor(), cycle.endFactor(),
                        cycle.anneal(), option("mom_min"), option("mom_max"));
            }
            case "one-cycle-pytorch" -> OneCycle.of(steps, option("pct_start"), Anneal.COSINE, option("div_factor"),
                    option("final_div_factor"), 0.85, 0.95);
            case "sgdr" -> sgdr(epochs, stepsPerEpoch);
            case "flat-cosine" -> new FlatCosine(steps, option("pct_start"), option("div_final"));
            case "cosine" -> new CosineAnnealing(steps);
            case "step" -> new StepLR((int) Math.max(1, Math.round(option("step_size") * stepsPerEpoch)), option("gamma"));
            default -> throw new IllegalStateException("unknown schedule " + name);
        };
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
