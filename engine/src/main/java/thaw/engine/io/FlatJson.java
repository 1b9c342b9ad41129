package thaw.engine.io;

import java.io.IOException;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;

/**
 * A JSON object as a flat map: {@code {"a": {"b": 1}, "c": [0.5, 2]}} becomes {@code a.b = "1"}, {@code c = "[0.5, 2]"}.
 * Numbers keep their digits. Nulls, and arrays that hold arrays or objects, are left out.
 */
final class FlatJson {

    /** The longest JSON file that is read, in bytes; the config of a model with 22,000 classes has 1 MB. */
    static final int LONGEST = 1 << 24;

    private static final int DEEPEST = 16;
    /** Bounds on all keys and values together, by the file's length; a nested key repeats the names around it. */
    private static final long MOST_REPEATS = 16;
    private static final long SPARE_CHARACTERS = 1 << 20;

    /**
     * Names come from untrusted files, so they are neither interned nor kept in tables that crafted names could fill. Buffers
     * are not pooled, because Jackson's pool hangs on the thread and would keep its class loader from being collected.
     */
    static final JsonFactory FACTORY = JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .recyclerPool(JsonRecyclerPools.nonRecyclingPool())
            .build();

    private final JsonParser json;
    private final Map<String, String> values = new LinkedHashMap<>();
    private long charactersLeft;

    private FlatJson(JsonParser json, long length) {
        this.json = json;
        this.charactersLeft = SPARE_CHARACTERS + MOST_REPEATS * length;
    }

    /** @throws WeightFileException if the file is not a JSON object, or too large */
    static Map<String, String> read(FileBytes file) throws IOException {
        if (file.length() > LONGEST) {
            throw new WeightFileException("has " + file.length() + " bytes; JSON files of up to " + LONGEST
                    + " bytes are read");
        }
        try {
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(file.slice(0, file.length()));
            try (JsonParser json = FACTORY.createParser(text.array(), text.arrayOffset(), text.length())) {
                json.enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS.mappedFeature());     // as Python's writer has them
                FlatJson flat = new FlatJson(json, file.length());
                if (json.nextToken() != JsonToken.START_OBJECT) {
                    throw new WeightFileException("is not a JSON object");
                }
                flat.object("", 0);
                return flat.values;
            }
        } catch (CharacterCodingException e) {
            throw new WeightFileException("is not UTF-8 text", e);
        } catch (JsonProcessingException e) {
            throw new WeightFileException("is not valid JSON: " + e.getOriginalMessage(), e);
        }
    }

    private void object(String path, int depth) throws IOException {
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            String key = path.isEmpty() ? name : path + "." + name;
            count(key.length());
            JsonToken value = json.nextToken();
            if (value == JsonToken.START_OBJECT && depth < DEEPEST) {
                object(key, depth + 1);
            } else if (value == JsonToken.START_ARRAY) {
                String array = array();
                if (array != null) {
                    values.put(key, array);
                }
            } else if (value.isScalarValue()) {
                if (value != JsonToken.VALUE_NULL) {
                    values.put(key, json.getText());
                }
            } else {
                json.skipChildren();
            }
        }
    }

    /** The array as text; null if it contains arrays or objects. */
    private String array() throws IOException {
        StringBuilder text = new StringBuilder("[");
        boolean flat = true;
        for (JsonToken token = json.nextToken(); token != JsonToken.END_ARRAY; token = json.nextToken()) {
            if (token.isScalarValue()) {
                text.append(text.length() > 1 ? ", " : "").append(json.getText());
            } else {
                json.skipChildren();
                flat = false;
            }
        }
        return flat ? text.append(']').toString() : null;
    }

    private void count(int characters) throws WeightFileException {
        charactersLeft -= characters;
        if (charactersLeft < 0) {
            throw new WeightFileException("its JSON is too large: keys, including the names around them, have more than "
                    + MOST_REPEATS + " times the characters of the file");
        }
    }
}
