package thaw.finetune.cli;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converts an option's value to an enum constant; the command line's spelling is lower case with hyphens: {@code one-cycle}. */
final class Choice<E extends Enum<E>> implements ITypeConverter<E> {

    private final Class<E> type;

    Choice(Class<E> type) {
        this.type = type;
    }

    @Override
    public E convert(String value) {
        E[] all = type.getEnumConstants();
        return Arrays.stream(all).filter(one -> spelling(one).equals(value)).findFirst()
                .orElseThrow(() -> new TypeConversionException("expected " + Arrays.stream(all).map(Choice::spelling)
                        .collect(Collectors.joining(" or ")) + ", got '" + value + "'"));
    }

    /** The command line's spelling of a constant. */
    static String spelling(Enum<?> one) {
        return one.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
