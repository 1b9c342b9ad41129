package thaw.finetune.predict;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Writes and reads a JSON array of strings: {@code ["cats","dogs"]}. */
final class JsonNames {
    /** Jackson's pool of buffers hangs on the thread and would keep its class loader from being collected. */
    private static final JsonFactory JSON = JsonFactory.builder().recyclerPool(JsonRecyclerPools.nonRecyclingPool()).build();

    private JsonNames() {
    }

    static String write(List<String> names) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeArray(names.toArray(String[]::new), 0, names.size());
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return text.toString();
    }

    /**
     * Numbers and booleans count as strings of their text.
     *
     * @throws IOException if the text is no JSON array of such values
     */
    static List<String> read(String text) throws IOException {
        List<String> names = new ArrayList<>();
        try (JsonParser json = JSON.createParser(text)) {
            JsonToken token = json.nextToken();
            if (token != JsonToken.START_ARRAY) {
                throw new IOException("expected an array, got " + token);
            }
            while ((token = json.nextToken()) != JsonToken.END_ARRAY) {
                if (token == null || !token.isScalarValue() || token == JsonToken.VALUE_NULL) {
                    throw new IOException("expected a string, got " + token);
                }
                names.add(json.getText());
            }
        }
        return List.copyOf(names);
    }
}
