package thaw.engine.io;

import static thaw.engine.io.SafetensorsException.Rule.DUPLICATE_KEY;
import static thaw.engine.io.SafetensorsException.Rule.HEADER_TOO_LARGE;
import static thaw.engine.io.SafetensorsException.Rule.HEADER_TOO_SMALL;
import static thaw.engine.io.SafetensorsException.Rule.INVALID_HEADER;
import static thaw.engine.io.SafetensorsException.Rule.INVALID_HEADER_DESERIALIZATION;
import static thaw.engine.io.SafetensorsException.Rule.INVALID_HEADER_LENGTH;
import static thaw.engine.io.SafetensorsException.Rule.INVALID_OFFSET;
import static thaw.engine.io.SafetensorsException.Rule.METADATA_INCOMPLETE_BUFFER;
import static thaw.engine.io.SafetensorsException.Rule.TENSOR_INVALID_INFO;
import static thaw.engine.io.SafetensorsException.Rule.TENSOR_TOO_LARGE;
import static thaw.engine.io.SafetensorsException.Rule.UNSUPPORTED_DTYPE;
import static thaw.engine.io.SafetensorsException.Rule.VALIDATION_OVERFLOW;

import java.io.IOException;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import thaw.kernels.Shape;

/** The parsed header of a safetensors file; all of the format's rules are checked here. */
final class SafetensorsHeader {

    static final String METADATA = "__metadata__";

    /** The format's dtypes that are not read, and their bits per element. */
    private static final Map<String, Integer> UNREAD = Map.of("F8_E4M3", 8, "F8_E5M2", 8, "F8_E8M0", 8, "F8_E4M3FNUZ", 8,
            "F8_E5M2FNUZ", 8, "F6_E2M3", 6, "F6_E3M2", 6, "F4", 4, "C64", 64);

    /** PyTorch's limit. */
    private static final int MOST_DIMENSIONS = 64;

    private record Entry(String name, Type type, long[] shape, long begin, long end) {
    }

    /** @param dtype null for a type that is not read */
    private record Type(String name, DType dtype, int bits) {
    }

    private final long dataBegin;
    private final List<Entry> entries = new ArrayList<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    private SafetensorsHeader(long dataBegin) {
        this.dataBegin = dataBegin;
    }

    static SafetensorsHeader read(FileBytes file) throws IOException {
        if (file.length() < 8) {
            throw new SafetensorsException(HEADER_TOO_SMALL, "has " + file.length()
                    + " bytes, but a safetensors file begins with 8 bytes for its header's length; is the download complete?");
        }
        long n = file.slice(0, 8).getLong();
        if (n < 0 || n > Safetensors.LONGEST_HEADER) {
            throw new SafetensorsException(HEADER_TOO_LARGE, "claims a header of " + Long.toUnsignedString(n)
                    + " bytes, more than " + Safetensors.LONGEST_HEADER + "; this is probably not a safetensors file");
        }
        if (n > file.length() - 8) {
            throw new SafetensorsException(INVALID_HEADER_LENGTH, "claims a header of " + n + " bytes, but only "
                    + (file.length() - 8) + " follow; is the download complete?");
        }
        CharBuffer text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(file.slice(8, n));
        } catch (CharacterCodingException e) {
            throw new SafetensorsException(INVALID_HEADER, "the header is not UTF-8 text", e);
        }
        if (text.length() > 0 && text.charAt(0) == '\uFEFF') {
            throw new SafetensorsException(INVALID_HEADER_DESERIALIZATION, "the header begins with a byte order mark;"
                    + " it must begin with { or white space");
        }
        SafetensorsHeader header = new SafetensorsHeader(8 + n);
        try (JsonParser json = FlatJson.FACTORY.createParser(text.array(), text.arrayOffset(), text.length())) {
            header.parse(json);
        } catch (JsonProcessingException e) {
            throw new SafetensorsException(INVALID_HEADER_DESERIALIZATION, "the header is not valid JSON: "
                    + e.getOriginalMessage(), e);
        }
        header.validate(file.length());
        return header;
    }

    /** The tensors, as views of the file; those that cannot be read throw on access to their values. */
    Weights weights(FileBytes bytes) throws SafetensorsException {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (Entry e : entries) {
            boolean readable = e.type.dtype != null && e.end - e.begin <= FileBytes.LARGEST_SLICE;
            tensors.put(e.name, readable
                    ? new ContiguousTensor(e.type.dtype, shape(e), bytes.slice(dataBegin + e.begin, e.end - e.begin))
                    : new UnreadTensor(() -> refusal(e), e.type.dtype, TorchTensor.shape(e.shape)));
        }
        return Weights.of(tensors, metadata);
    }

    /** The reason why a tensor's values cannot be read; thrown on access to them. */
    private SafetensorsException refusal(Entry e) {
        String where = "of shape " + Arrays.toString(e.shape);
        return e.type.dtype == null
                ? new SafetensorsException(UNSUPPORTED_DTYPE, where + " is of dtype " + e.type.name + ", which is not read"
                        + " (Thaw reads " + Arrays.toString(DType.values()) + "); convert it to BF16 or F32 first")
                : new SafetensorsException(TENSOR_TOO_LARGE, where + " takes " + (e.end - e.begin) + " bytes; Thaw reads"
                        + " tensors of up to " + FileBytes.LARGEST_SLICE);
    }

    private void parse(JsonParser json) throws IOException {
        expect(json.nextToken(), JsonToken.START_OBJECT, "the header");
        Set<String> names = new HashSet<>();
        while (next(json, JsonToken.FIELD_NAME)) {
            String name = json.currentName();
            json.nextToken();
            if (!names.add(name)) {
                throw duplicate(name);
            }
            if (name.equals(METADATA)) {
                if (json.currentToken() != JsonToken.VALUE_NULL) {
                    readMetadata(json);
                }
            } else {
                entries.add(readEntry(json, name));
            }
        }
        if (json.nextToken() != null) {
            throw malformed("there is text after the header's closing }");
        }
    }

    private void readMetadata(JsonParser json) throws IOException {
        expect(json.currentToken(), JsonToken.START_OBJECT, METADATA);
        while (next(json, JsonToken.FIELD_NAME)) {
            String key = json.currentName();
            expect(json.nextToken(), JsonToken.VALUE_STRING, METADATA + " " + WeightFileException.quote(key));
            if (metadata.put(key, json.getText()) != null) {
                throw duplicate(key);
            }
        }
    }

    private Entry readEntry(JsonParser json, String name) throws IOException {
        String where = "tensor " + WeightFileException.quote(name);
        expect(json.currentToken(), JsonToken.START_OBJECT, where);
        Type dtype = null;
        long[] shape = null;
        long[] offsets = null;
        Set<String> seen = new HashSet<>();
        while (next(json, JsonToken.FIELD_NAME)) {
            String field = json.currentName();
            if (!seen.add(field)) {
                throw duplicate(field);
            }
            JsonToken value = json.nextToken();
            switch (field) {
                case "dtype" -> {
                    expect(value, JsonToken.VALUE_STRING, where + "'s dtype");
                    dtype = type(json.getText(), where);
                }
                case "shape" -> shape = readNumbers(json, where + "'s shape");
                case "data_offsets" -> offsets = readNumbers(json, where + "'s data_offsets");
                default -> json.skipChildren();
            }
        }
        if (dtype == null || shape == null || offsets == null) {
            throw malformed(where + " lacks its " + (dtype == null ? "dtype" : shape == null ? "shape" : "data_offsets"));
        }
        if (offsets.length != 2) {
            throw malformed(where + "'s data_offsets has " + offsets.length + " numbers; begin and end are expected");
        }
        return new Entry(name, dtype, shape, offsets[0], offsets[1]);
    }

    private Type type(String name, String where) throws SafetensorsException {
        for (DType dtype : DType.values()) {
            if (dtype.name().equals(name)) {
                return new Type(name, dtype, 8 * dtype.size());
            }
        }
        Integer bits = UNREAD.get(name);
        if (bits == null) {
            throw malformed(where + " is of the unknown dtype " + WeightFileException.quote(name) + " (known are "
                    + Arrays.toString(DType.values()) + ")");
        }
        return new Type(name, null, bits);
    }

    private long[] readNumbers(JsonParser json, String where) throws IOException {
        expect(json.currentToken(), JsonToken.START_ARRAY, where);
        long[] numbers = new long[4];
        int n = 0;
        while (next(json, JsonToken.VALUE_NUMBER_INT)) {
            if (n == MOST_DIMENSIONS) {
                throw malformed(where + " has more than " + MOST_DIMENSIONS + " numbers");
            }
            if (n == numbers.length) {
                numbers = Arrays.copyOf(numbers, 2 * n);
            }
            long number = json.getLongValue();
            if (number < 0) {
                throw malformed(where + " has the negative number " + number);
            }
            numbers[n++] = number;
        }
        return Arrays.copyOf(numbers, n);
    }

    /** Whether another element, of the expected kind, precedes the end of the current object or array. */
    private boolean next(JsonParser json, JsonToken expected) throws IOException {
        JsonToken token = json.nextToken();
        if (token == JsonToken.END_OBJECT || token == JsonToken.END_ARRAY) {
            return false;
        }
        expect(token, expected, "the header, at " + json.currentLocation().offsetDescription());
        return true;
    }

    private void expect(JsonToken token, JsonToken expected, String where) throws SafetensorsException {
        if (token != expected) {
            throw malformed(where + " should be " + expected + ", but is " + (token == null ? "the end" : token));
        }
    }

    /** Checks offsets, then sizes, then the file's length: rules 6 to 8 of the format. */
    private void validate(long fileLength) throws SafetensorsException {
        List<Entry> byOffset = new ArrayList<>(entries);
        byOffset.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long end = 0;
        for (Entry e : byOffset) {
            if (e.begin != end || e.end < e.begin) {
                throw new SafetensorsException(INVALID_OFFSET, "tensor " + WeightFileException.quote(e.name)
                        + " lies at bytes " + e.begin + " to " + e.end + ", but should begin at " + end
                        + "; tensors must neither overlap nor leave gaps");
            }
            end = e.end;
            validateSize(e);
        }
        long data = fileLength - dataBegin;
        if (end != data) {
            throw new SafetensorsException(METADATA_INCOMPLETE_BUFFER, "the header describes " + end
                    + " bytes of tensors, but " + data + " follow it; " + (data < end ? "is the download complete?"
                            : "nothing may follow the last tensor"));
        }
    }

    private void validateSize(Entry e) throws SafetensorsException {
        long size;
        try {
            size = 1;
            for (long d : e.shape) {
                size = Math.multiplyExact(size, d);
            }
            size = Math.multiplyExact(size, e.type.bits);
        } catch (ArithmeticException overflow) {
            throw new SafetensorsException(VALIDATION_OVERFLOW, described(e) + " has more elements than a 64-bit number can count");
        }
        if (size % 8 != 0 || size / 8 != e.end - e.begin) {
            throw new SafetensorsException(TENSOR_INVALID_INFO, described(e) + " and dtype " + e.type.name + " needs "
                    + (size % 8 == 0 ? size / 8 + " bytes" : size + " bits") + ", but its data_offsets give it "
                    + (e.end - e.begin) + " bytes");
        }
    }

    private static String described(Entry e) {
        return "tensor " + WeightFileException.quote(e.name) + " of shape " + Arrays.toString(e.shape);
    }

    /** The shape. Only the shape of a tensor without elements can still be out of range, such as [0, 2^40]. */
    private Shape shape(Entry e) throws SafetensorsException {
        try {
            return Shape.of(Arrays.stream(e.shape).mapToInt(Math::toIntExact).toArray());
        } catch (ArithmeticException | IllegalArgumentException outOfRange) {
            throw new SafetensorsException(VALIDATION_OVERFLOW, "tensor " + WeightFileException.quote(e.name)
                    + " has a dimension that is out of range: " + Arrays.toString(e.shape), outOfRange);
        }
    }

    private SafetensorsException duplicate(String key) {
        return new SafetensorsException(DUPLICATE_KEY, "the header has " + WeightFileException.quote(key)
                + " twice, which is ambiguous");
    }

    private SafetensorsException malformed(String what) {
        return new SafetensorsException(INVALID_HEADER_DESERIALIZATION, "malformed header: " + what);
    }
}
