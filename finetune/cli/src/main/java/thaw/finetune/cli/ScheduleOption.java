package thaw.finetune.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import thaw.finetune.plan.ScheduleRecipe;

/** Converts a schedule's name, with or without options: {@code sgdr(cycle_len=1,cycle_mult=2)}; fastai's {@code flat-cos} too. */
final class ScheduleOption implements ITypeConverter<ScheduleRecipe> {

    @Override
    public ScheduleRecipe convert(String value) {
        try {
            return ScheduleRecipe.parse(value.replaceFirst("^flat-cos(?!ine)", "flat-cosine"));
        } catch (IllegalArgumentException wrong) {
            String name = value.replaceFirst("\\(.*", "");
            throw new TypeConversionException(wrong.getMessage() + Spelling.hint(name, ScheduleRecipe.names()));
        }
    }
}
