package thaw.finetune.cli;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** An option's value that is one of an enum's, in the command line's spelling: {@code one-cycle}. */
final class Choice<E extends Enum<E>> implements ITypeConverter<E> {

    private final Class<E> type;

    Choice(Class<E> type) {
        this.type = type;
    }

    @Override
    public E convert(String value) {
        E[] all = type.getEnumConstants();
        return Arrays.stream(all).filter(one -> spelling(one).equals(value)).findFirst().orElseThrow(() ->
                new TypeConversionException("expected " + Arrays.stream(all).map(Choice::spelling)
                        .collect(Collectors.joining(" or ")) + ", got '" + value + "'"));
    }

    /** As it stands on the command line. */
    static String spelling(Enum<?> one) {
        return one.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
