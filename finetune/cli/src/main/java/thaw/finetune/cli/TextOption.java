package thaw.finetune.cli;

import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import thaw.finetune.plan.LearningRates;
import thaw.finetune.plan.OptimizerRecipe;
import thaw.finetune.plan.ScheduleRecipe;

/** Converts an option's text by the parser of its record, and shows that parser's message if it is refused. */
abstract class TextOption<T> implements ITypeConverter<T> {

    private final Function<String, T> parser;
    private final List<String> names;

    /** @param names that may be misspelt */
    private TextOption(Function<String, T> parser, List<String> names) {
        this.parser = parser;
        this.names = names;
    }

    @Override
    public T convert(String value) {
        try {
            return parser.apply(value);
        } catch (IllegalArgumentException wrong) {
            String name = value.replaceFirst("\\(.*", "");
            throw new TypeConversionException(wrong.getMessage() + (names.contains(name) ? "" : Spelling.hint(name, names)));
        }
    }

    /** {@code sgd} or {@code adamw(beta2=0.99)}. */
    static final class OfOptimizer extends TextOption<OptimizerRecipe> {
        OfOptimizer() {
            super(OptimizerRecipe::parse, OptimizerRecipe.names());
        }
    }

    /** {@code sgdr(cycle_len=1,cycle_mult=2)}; fastai's {@code flat-cos} too. */
    static final class OfSchedule extends TextOption<ScheduleRecipe> {
        OfSchedule() {
            super(value -> ScheduleRecipe.parse(value.replaceFirst("^flat-cos(?!ine)", "flat-cosine")), ScheduleRecipe.names());
        }
    }

    /** {@code 0.01}, {@code 1e-5,1e-4,1e-2} or {@code 1e-5:1e-2}; see {@link LearningRates#parse}. */
    static final class OfRates extends TextOption<LearningRates> {
        OfRates() {
            super(LearningRates::parse, List.of());
        }
    }
}
