package thaw.finetune.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Converts an option's value to one of the given constants.
 *
 * @param spelling the spelling of a constant on the command line
 */
record Choice<E>(List<E> constants, Function<E, String> spelling) implements ITypeConverter<E> {

    /** All constants of an enum, in lower case with hyphens: {@code one-cycle}. */
    static <E extends Enum<E>> Choice<E> of(Class<E> type) {
        return new Choice<>(Arrays.asList(type.getEnumConstants()), Choice::spelling);
    }

    /** The command line's spelling of an enum's constant. */
    static String spelling(Enum<?> one) {
        return one.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public E convert(String value) {
        List<String> all = constants.stream().map(spelling).toList();
        if (!all.contains(value)) {
            throw new TypeConversionException("expected " + String.join(", ", all.subList(0, all.size() - 1))
                    + (all.size() == 1 ? "" : " or ") + all.get(all.size() - 1) + ", got '" + value + "'");
        }
        return constants.get(all.indexOf(value));
    }
}
