package thaw.engine.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thaw.engine.io.Fixture.safetensors;

import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.engine.io.SafetensorsException.Rule;
import thaw.kernels.Shape;

/** Every violation of the safetensors format, each by a file written for it. */
class SafetensorsRulesTest {

    private static final String GOOD = "{\"a\":{\"dtype\":\"I16\",\"shape\":[2],\"data_offsets\":[0,4]}}";

    private static void refused(Rule rule, FileBytes file, String... words) {
        SafetensorsException e = assertThrows(SafetensorsException.class, () -> Safetensors.read(file));
        assertEquals(rule, e.rule(), e.getMessage());
        for (String word : words) {
            assertTrue(e.getMessage().contains(word), e.getMessage());
        }
    }

    private static String tensor(String dtype, String shape, String offsets) {
        return "{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
    }

    @Test
    void goodFile() throws Exception {
        assertArrayEquals(new long[] {0x0100, 0x0302}, Weights.read(safetensors(GOOD, 4)).get("a").toLongs());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7})
    void headerTooSmall(int length) {
        refused(Rule.HEADER_TOO_SMALL, FileBytes.of("small.safetensors", new byte[length]), "" + length);
    }

    @ParameterizedTest
    @ValueSource(longs = {100_000_001, Long.MAX_VALUE, Long.MIN_VALUE, -1})
    void headerTooLarge(long n) {
        refused(Rule.HEADER_TOO_LARGE, safetensors(n, new byte[0], 0), Long.toUnsignedString(n), "100000000");
    }

    @Test
    void headerLongerThanTheFile() {
        refused(Rule.INVALID_HEADER_LENGTH, safetensors(100_000_000, new byte[0], 0), "only 0 follow");
        refused(Rule.INVALID_HEADER_LENGTH, safetensors(3, "{}".getBytes(StandardCharsets.UTF_8), 0), "only 2 follow");
    }

    @Test
    void headerNotUtf8() {
        byte[] header = "{\"x\":1}".getBytes(StandardCharsets.UTF_8);
        header[2] = (byte) 0xff;
        refused(Rule.INVALID_HEADER, safetensors(header.length, header, 0), "UTF-8");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", " ", "{", "[]", "1", "null", "{\"a\"}", "{\"a\":1}", "{\"a\":[]}", "{\"a\":{}}", "{} x", "{}{}", "{}\0",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}",
        "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}",
        "{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"f32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":32,\"shape\":[1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[\"1\"],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},}",
        "{'a':{}}",
        "{\"__metadata__\":1}", "{\"__metadata__\":[]}", "{\"__metadata__\":{\"a\":1}}",
        "{\"__metadata__\":{\"a\":null}}", "{\"__metadata__\":{\"a\":{}}}",
        "\uFEFF{}"})
    void malformedHeader(String header) {
        refused(Rule.INVALID_HEADER_DESERIALIZATION, safetensors(header, 4));
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '~', value = {
        "~~; the header should be START_OBJECT, but is the end", "[]; the header should be START_OBJECT, but is START_ARRAY",
        "{'a':1}; tensor 'a' should be START_OBJECT", "{'a':{'dtype':32}}; tensor 'a''s dtype should be VALUE_STRING",
        "{'a':{'shape':1}}; tensor 'a''s shape should be START_ARRAY", "{'a':{'shape':[],'data_offsets':[]}}; lacks its dtype",
        "{'a':{'dtype':'F32','data_offsets':[]}}; lacks its shape", "{'a':{'dtype':'F32','shape':[]}}; lacks its data_offsets"})
    void theMessageSaysWhereTheHeaderIsMalformed(String header, String message) {
        refused(Rule.INVALID_HEADER_DESERIALIZATION, safetensors(header.replace('\'', '"'), 0),
                message.replace("'a'", "\"a\""));
    }

    @Test
    void deepNestingIsRefusedAndNotFollowed() {
        String deep = "{\"a\":{\"x\":" + "[".repeat(200_000);
        refused(Rule.INVALID_HEADER_DESERIALIZATION, safetensors(deep, 0));
    }

    @Test
    void duplicateKeys() {
        String a = "\"a\":" + tensor("I16", "[2]", "[0,4]");
        refused(Rule.DUPLICATE_KEY, safetensors("{" + a + "," + a + "}", 4), "\"a\"", "twice");
        refused(Rule.DUPLICATE_KEY, safetensors("{" + a + "," + a.replace("\"a\"", "\"\\u0061\"") + "}", 4), "\"a\"");
        refused(Rule.DUPLICATE_KEY, safetensors("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0), "\"k\"");
        refused(Rule.DUPLICATE_KEY, safetensors("{\"__metadata__\":{},\"__metadata__\":{}}", 0), "__metadata__");
        refused(Rule.DUPLICATE_KEY, safetensors(GOOD.replace("\"shape\"", "\"shape\":[1],\"shape\""), 4), "\"shape\"");
    }

    /** The bytes that safetensors 0.8 wants for each; only asking for the numbers is an error. */
    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"F8_E4M3; [4]; 4", "F8_E5M2; [4]; 4", "F8_E8M0; [4]; 4", "F8_E4M3FNUZ; [4]; 4",
        "F8_E5M2FNUZ; [4]; 4", "F6_E2M3; [4]; 3", "F6_E3M2; [8]; 6", "F4; [2]; 1", "F4; [4,2]; 4", "C64; [1]; 8"})
    void unsupportedDtypes(String dtype, String shape, int bytes) throws Exception {
        String header = "{\"a\":" + tensor(dtype, shape, "[0," + bytes + "]") + ",\"b\":" + tensor("U8", "[1]", "[" + bytes
                + "," + (bytes + 1) + "]") + "}";
        Weights w = Weights.read(safetensors(header, bytes + 1));
        assertArrayEquals(new long[] {bytes}, w.get("b").toLongs());
        assertEquals(shape, "[" + w.get("a").shape().toString().replaceAll("[^0-9,]", "") + "]");
        refusedLater(Rule.UNSUPPORTED_DTYPE, w.get("a")::bytes, "\"a\"", dtype, "BF16");
        refusedLater(Rule.UNSUPPORTED_DTYPE, w.get("a")::dtype, "\"a\"");
        refused(Rule.TENSOR_INVALID_INFO, safetensors("{\"a\":" + tensor(dtype, shape, "[0,5]") + "}", 5));
    }

    /** Three elements of 4 bits end within a byte, which safetensors 0.8 refuses too. */
    @Test
    void elementsThatEndWithinAByte() {
        refused(Rule.TENSOR_INVALID_INFO, safetensors("{\"a\":" + tensor("F4", "[3]", "[0,2]") + "}", 2));
    }

    @Test
    void noMetadata() throws Exception {
        for (String header : new String[] {"{\"__metadata__\":null," + GOOD.substring(1),
            GOOD.substring(0, GOOD.length() - 1) + ",\"__metadata__\":null}"}) {
            Weights w = Weights.read(safetensors(header, 4));
            assertArrayEquals(new long[] {0x0100, 0x0302}, w.get("a").toLongs());
            assertEquals(Map.of(), w.metadata());
        }
    }

    private static void refusedLater(Rule rule, Executable asking, String... words) {
        SafetensorsException e = assertInstanceOf(SafetensorsException.class,
                assertThrows(UncheckedIOException.class, asking).getCause());
        assertEquals(rule, e.rule());
        for (String word : words) {
            assertTrue(e.getMessage().contains(word), e.getMessage());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "[1,5]; [5,9]",      // the first doesn't begin at 0
        "[0,4]; [5,9]",      // a hole
        "[0,4]; [3,7]",      // an overlap
        "[0,4]; [0,4]",      // both the same
        "[4,0]; [0,4]"})     // ends before it begins
    void invalidOffsets(String first, String second) {
        String header = "{\"a\":" + tensor("U8", "[4]", first) + ",\"b\":" + tensor("U8", "[4]", second) + "}";
        refused(Rule.INVALID_OFFSET, safetensors(header, 9), "gaps");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[4294967296,4294967296]", "[9223372036854775807,2]", "[9223372036854775807]",
        "[4294967296,4294967296,0]", "[4294967296,0]", "[70000,70000,0]"})
    void overflow(String shape) {
        refused(Rule.VALIDATION_OVERFLOW, safetensors("{\"a\":" + tensor("F64", shape, "[0,0]") + "}", 0), "\"a\"");
    }

    @Test
    void shapeAgainstOffsets() {
        refused(Rule.TENSOR_INVALID_INFO, safetensors("{\"a\":" + tensor("U8", "[1]", "[0,1]") + ",\"b\":"
                + tensor("F32", "[2,2]", "[1,16]") + "}", 16), "\"b\" of shape [2, 2]", "needs 16 bytes", "give it 15 bytes");
        refused(Rule.TENSOR_INVALID_INFO, safetensors("{\"a\":" + tensor("F32", "[0]", "[0,4]") + "}", 4));
        refused(Rule.TENSOR_INVALID_INFO, safetensors("{\"a\":" + tensor("F32", "[]", "[0,0]") + "}", 0));
    }

    /** A file of holes: only its ends have bytes. */
    @Test
    void tensorBeyondOneGibibyte(@TempDir Path folder) throws Exception {
        long size = (1L << 30) + 4;
        String header = "{\"a\":" + tensor("F32", "[268435457]", "[1," + (size + 1) + "]") + ",\"b\":"
                + tensor("U8", "[2]", "[" + (size + 1) + "," + (size + 3) + "]") + ",\"c\":" + tensor("U8", "[1]", "[0,1]") + "}";
        Path path = folder.resolve("large.safetensors");
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.writeLong(Long.reverseBytes(header.length()));
            file.writeBytes(header);
            file.seek(8 + header.length() + size + 1);
            file.write(new byte[] {3, 4});
        }
        Weights w = Weights.read(path);
        assertArrayEquals(new long[] {3, 4}, w.get("b").toLongs());
        assertEquals(Shape.of(268435457), w.get("a").shape());
        assertEquals(DType.F32, w.get("a").dtype());
        refusedLater(Rule.TENSOR_TOO_LARGE, w.get("a")::toFloats, "large.safetensors", "\"a\"", "1073741828");
    }

    @Test
    void missingAndTrailingBytes() {
        refused(Rule.METADATA_INCOMPLETE_BUFFER, safetensors(GOOD, 3), "complete");
        refused(Rule.METADATA_INCOMPLETE_BUFFER, safetensors(GOOD, 5), "nothing may follow");
        refused(Rule.METADATA_INCOMPLETE_BUFFER, safetensors("{}", 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "  {}", "\t\r\n {}", "{}    ", "{}\n"})
    void emptyFileAndPadding(String header) throws Exception {
        assertTrue(Weights.read(safetensors(header, 0)).isEmpty());
        assertTrue(Weights.read(safetensors(header, 0)).isEmpty());
    }

    @Test
    void emptyTensorsScalarsAndAnyOrderOfKeys() throws Exception {
        Weights w = Weights.read(safetensors("{\"z\":" + tensor("U8", "[]", "[2,3]") + ",\"e\":"
                + tensor("F32", "[3,0,2]", "[2,2]") + ",\"__metadata__\":{\"k\":\"v\"},\"a\":"
                + tensor("BOOL", "[1,2]", "[0,2]").replace("}", ",\"more\":{\"x\":[1]}}") + "}", 3));
        assertEquals(List.of("z", "e", "a"), List.copyOf(w.keySet()));
        assertEquals(Map.of("k", "v"), w.metadata());
        assertEquals(Shape.SCALAR, w.get("z").shape());
        assertArrayEquals(new long[] {2}, w.get("z").toLongs());
        assertEquals(Shape.of(3, 0, 2), w.get("e").shape());
        assertEquals(0, w.get("e").toFloats().length);
        assertArrayEquals(new float[] {0, 1}, w.get("a").toFloats());
        String shape = "[1" + ",1".repeat(62) + ",2]";
        w = Weights.read(safetensors("{\"a\":" + tensor("U8", shape, "[0,2]") + "}", 2));
        assertEquals(64, w.get("a").shape().rank());
        assertEquals(2, w.get("a").shape().dim(63));
    }
}
