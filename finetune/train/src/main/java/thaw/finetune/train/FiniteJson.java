package thaw.finetune.train;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.util.JsonGeneratorDelegate;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.NumberDeserializers;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;

/**
 * JSON with finite numbers only: NaN and infinity are written as null, because JSON has no notation for them, and null is
 * read as NaN. The strings "NaN", "Infinity" and "-Infinity", Jackson's own notation, are read as numbers too.
 */
public final class FiniteJson {

    private FiniteJson() {
    }

    /** A new builder for a mapper. */
    public static JsonMapper.Builder builder() {
        SimpleModule nulls = new SimpleModule().addDeserializer(Double.class, new NullIsNaN())
                .addDeserializer(double.class, new NullIsNaN());
        return JsonMapper.builder(JsonFactory.builder().addDecorator((factory, generator) -> new NaNIsNull(generator)).build())
                .addModule(nulls);
    }

    private static final class NaNIsNull extends JsonGeneratorDelegate {

        NaNIsNull(JsonGenerator generator) {
            super(generator, false);
        }

        @Override
        public void writeNumber(double value) throws IOException {
            if (Double.isFinite(value)) {
                super.writeNumber(value);
            } else {
                writeNull();
            }
        }

        @Override
        public void writeNumber(float value) throws IOException {
            if (Float.isFinite(value)) {
                super.writeNumber(value);
            } else {
                writeNull();
            }
        }

        @Override
        public void writeArray(double[] values, int offset, int length) throws IOException {
            writeStartArray();
            for (int i = offset; i < offset + length; i++) {
                writeNumber(values[i]);
            }
            writeEndArray();
        }
    }

    private static final class NullIsNaN extends StdScalarDeserializer<Double> {

        private static final long serialVersionUID = 1L;

        NullIsNaN() {
            super(Double.class);
        }

        @Override
        public Double deserialize(JsonParser json, DeserializationContext context) throws IOException {
            return (Double) NumberDeserializers.find(Double.class, "java.lang.Double").deserialize(json, context);
        }

        @Override
        public Double getNullValue(DeserializationContext context) {
            return Double.NaN;
        }
    }
}
