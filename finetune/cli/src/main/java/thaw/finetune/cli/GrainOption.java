package thaw.finetune.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import thaw.resnet.Grain;

/** Converts the granularity of layer groups: {@code 3}, {@code stages} or {@code blocks}. */
final class GrainOption implements ITypeConverter<Grain> {

    @Override
    public Grain convert(String value) {
        try {
            return Grain.byLabel(value);
        } catch (IllegalArgumentException unknown) {
            throw new TypeConversionException("expected 3, stages or blocks, got '" + value + "'");
        }
    }
}
