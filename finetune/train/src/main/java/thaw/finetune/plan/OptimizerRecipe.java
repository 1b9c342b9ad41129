package thaw.finetune.plan;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import thaw.engine.Device;
import thaw.engine.optim.AdamW;
import thaw.engine.optim.Optimizer;
import thaw.engine.optim.ParamGroup;
import thaw.engine.optim.SGD;
import thaw.kernels.Shape;

/**
 * An optimizer as a name and options, the form used in settings and on the command line:
 * {@code adamw(beta2=0.99,weight_decay=0.05)}. Immutable.
 *
 * @param name    {@code sgd} for {@link SGD}, with momentum 0.9 and weight decay 1e-4; {@code adamw} for {@link AdamW}
 * @param options by PyTorch's names, on all parameter groups; the others have the optimizer's defaults
 */
public record OptimizerRecipe(String name, Map<String, Double> options) implements Optimizer.Factory {

    /** A row of the table of optimizers, with defaults for fine-tuning. */
    private record Known(Optimizer.Factory factory, Map<String, Double> defaults) {
    }

    private static final Map<String, Known> KNOWN = new TreeMap<>(Map.of(
            "sgd", new Known(SGD::new, Map.of(ParamGroup.MOMENTUM, 0.9, ParamGroup.WEIGHT_DECAY, 1e-4)),
            "adamw", new Known(AdamW::new, Map.of(ParamGroup.WEIGHT_DECAY, 0.01))));

    /** @throws IllegalArgumentException if the name is unknown, the optimizer has no such option, or a value is invalid */
    public OptimizerRecipe {
        if (!KNOWN.containsKey(name)) {
            throw new IllegalArgumentException("unknown optimizer \"" + name + "\"; known are "
                    + String.join(", ", KNOWN.keySet()));
        }
        if (options.containsKey(ParamGroup.LR)) {
            throw new IllegalArgumentException("optimizer " + name + ": lr is set for each layer group; leave it out here");
        }
        Map<String, Double> all = new TreeMap<>(Objects.requireNonNull(KNOWN.get(name)).defaults);
        all.putAll(options);
        options = Collections.unmodifiableMap(all);
        trial(name, options);
    }

    private static Optimizer.Factory factory(String name) {
        return Objects.requireNonNull(KNOWN.get(name)).factory;
    }

    /** A group that has joined the optimizer, which checks the options. */
    private static ParamGroup trial(String name, Map<String, Double> options) {
        try (Device device = Device.reference()) {
            ParamGroup group = ParamGroup.group(name, device.zeros(Shape.of(1)));
            options.forEach(group::set);
            factory(name).of(group).close();
            return group;
        }
    }

    /** The optimizer of this name with default options. */
    public static OptimizerRecipe of(String name) {
        return new OptimizerRecipe(name, Map.of());
    }

    /** The same recipe with another value of an option. */
    public OptimizerRecipe with(String option, double value) {
        Map<String, Double> more = new TreeMap<>(options);
        more.put(option, value);
        return new OptimizerRecipe(name, more);
    }

    /** The momentum, or beta1: the option that a {@link thaw.engine.optim.Schedule} varies. */
    public double momentum() {
        ParamGroup group = trial(name, options);
        return group.get(group.momentumOption());
    }

    /** Sets the momentum, or beta1, at least 0 and below 1. */
    public OptimizerRecipe momentum(double momentum) {
        if (!(momentum >= 0 && momentum < 1)) {
            throw new IllegalArgumentException("momentum: expected a number from 0 to below 1, got " + momentum);
        }
        return with(trial(name, options).momentumOption(), momentum);
    }

    /** The names of all optimizers. */
    public static List<String> names() {
        return List.copyOf(KNOWN.keySet());
    }

    /**
     * Reads {@code sgd} or {@code sgd(momentum=0.8,nesterov=1)}.
     *
     * @throws IllegalArgumentException if the text has another form, or names an unknown optimizer or option
     */
    @JsonCreator
    public static OptimizerRecipe parse(String text) {
        return NamedOptions.parse("optimizer", "sgd(momentum=0.9)", text, OptimizerRecipe::new);
    }

    @JsonValue
    @Override
    public String toString() {
        return NamedOptions.text(name, options);
    }

    @Override
    public Optimizer of(ParamGroup... groups) {
        for (ParamGroup group : groups) {
            options.forEach(group::set);
        }
        return factory(name).of(groups);
    }
}
