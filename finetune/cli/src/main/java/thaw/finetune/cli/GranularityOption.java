package thaw.finetune.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import thaw.resnet.Granularity;

/** Converts the granularity of layer groups: {@code 3}, {@code stages} or {@code blocks}. */
final class GranularityOption implements ITypeConverter<Granularity> {

    @Override
    public Granularity convert(String value) {
        try {
            return Granularity.byLabel(value);
        } catch (IllegalArgumentException unknown) {
            throw new TypeConversionException("expected 3, stages or blocks, got '" + value + "'");
        }
    }
}
