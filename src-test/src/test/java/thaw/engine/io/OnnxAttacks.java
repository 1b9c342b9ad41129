package thaw.engine.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static thaw.engine.io.WeightFileAttackTest.colliding;
import static thaw.engine.io.WeightFileAttackTest.repeated;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** Known attacks by ONNX models; those that are read have the two zeros of the tensor {@code w}. */
final class OnnxAttacks {

    private static final String READ = "";
    private static final ProtobufMessage W = tensor("w", 2).bytes(9, ByteBuffer.allocate(8));

    private OnnxAttacks() {
    }

    // ---- models ------------------------------------------------------------------------------------------------

    static byte[] bytes(ProtobufMessage message) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        message.pieces().forEach(piece -> {
            byte[] copy = new byte[piece.remaining()];
            piece.duplicate().get(copy);
            all.writeBytes(copy);
        });
        assertEquals(message.size(), all.size());
        return all.toByteArray();
    }

    static byte[] model(ProtobufMessage graph) {
        return bytes(new ProtobufMessage().number(1, 8).message(7, graph));
    }

    private static ProtobufMessage graph() {
        return new ProtobufMessage().message(5, W);
    }

    /** A tensor of float32 without values. */
    private static ProtobufMessage tensor(String name, long... dims) {
        ProtobufMessage message = new ProtobufMessage();
        for (long dim : dims) {
            message.number(1, dim);
        }
        return message.number(2, 1).text(8, name);
    }

    private static ByteBuffer latin1(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A model whose graph has these bytes behind {@code w}. */
    private static byte[] behind(String bytes) {
        String graph = new String(bytes(graph()), StandardCharsets.ISO_8859_1) + bytes;
        return bytes(new ProtobufMessage().number(1, 8).bytes(7, latin1(graph)));
    }

    /** A model with bytes behind it. */
    private static byte[] followed(String bytes) {
        return latin1(new String(model(graph()), StandardCharsets.ISO_8859_1) + bytes).array();
    }

    /** A model whose graph has many fields beside {@code w}. */
    private static byte[] beside(int times, int field, IntFunction<ProtobufMessage> content) {
        ProtobufMessage graph = graph();
        IntStream.range(0, times).forEach(i -> graph.message(field, content.apply(i)));
        return model(graph);
    }

    /** A model with many fields behind its graph. */
    private static byte[] metadata(int times, IntFunction<ProtobufMessage> content) {
        ProtobufMessage model = new ProtobufMessage().number(1, 8).message(7, graph());
        IntStream.range(0, times).forEach(i -> model.message(14, content.apply(i)));
        return bytes(model);
    }

    /** Messages in one another. */
    private static ProtobufMessage deep(int levels) {
        ProtobufMessage nested = new ProtobufMessage();
        for (int depth = 0; depth < levels; depth++) {
            nested = new ProtobufMessage().message(1, nested);
        }
        return nested;
    }

    private static ProtobufMessage entry(String key, String value) {
        return new ProtobufMessage().text(1, key).text(2, value);
    }

    private static ProtobufMessage node(String operator, String name, String... inputs) {
        return new OnnxNode(operator, name, List.of(inputs)).message();
    }

    private static ProtobufMessage attribute(String name, String packed) {
        return new ProtobufMessage().text(1, name).bytes(8, latin1(packed));
    }

    private static Arguments attack(String name, byte[] file, String message) {
        return Arguments.of(name, file, message);
    }

    // ---- attacks -----------------------------------------------------------------------------------------------

    static Stream<Arguments> models() {
        return Stream.of(encodings(), tensors(), graphs(), texts()).flatMap(attacks -> attacks);
    }

    private static Stream<Arguments> encodings() {
        String end = "\377".repeat(9) + "\1";
        return Stream.of(
                attack("a number of 11 bytes", behind("\170" + "\377".repeat(10) + "\1"), "a number that does not end"),
                attack("a number of 100,000 bytes", behind("\170" + "\200".repeat(100_000)), "a number that does not end"),
                attack("a tag without end", behind("\377"), "a number that does not end"),
                attack("a length beyond the message", behind("\172\5abcd"), "a field of 5 bytes where its message has 4 left"),
                attack("a length of 2^31", behind("\172\200\200\200\200\10"), "a field of 2147483648 bytes"),
                attack("a length of 2^63", behind("\172" + "\200".repeat(9) + "\1"), "a field of 9223372036854775808 bytes"),
                attack("a length of -1", behind("\172" + end), "a field of 18446744073709551615 bytes"),
                attack("a tensor beyond its graph",
                        bytes(new ProtobufMessage().number(1, 8).bytes(7, latin1("\52\100")).bytes(14, ByteBuffer.allocate(64))),
                        "a field of 64 bytes where its message has 0 left"),
                attack("a field 0", behind("\2\0"), "a field of number 0"),
                attack("a field 2^29", behind("\200\200\200\200\20\0"), "a field of number 536870912"),
                attack("a field of 2^61", behind(end + "\0"), "a field of number"),
                attack("groups, 200,000 deep", behind("\173".repeat(200_000)), "wire type 3"),
                attack("the end of a group", behind("\174"), "wire type 4"),
                attack("an unknown wire type", behind("\177"), "wire type 7"),
                attack("messages, 3,000 deep", beside(1, 15, i -> deep(3000)), READ),
                attack("nodes, 3,000 deep", beside(1, 1, i -> deep(3000)), "not UTF-8"),
                attack("bytes behind the model", followed("PK\3\4" + "x".repeat(1000)), "is not a complete ONNX model"),
                attack("a second model behind the first", followed(new String(model(graph()), StandardCharsets.ISO_8859_1)),
                        "two tensors \"w\""),
                attack("a million unknown fields", behind("\170\0".repeat(1_000_000)), READ));
    }

    private static Stream<Arguments> tensors() {
        String extents = "\377\377\377\377\7";
        ByteBuffer zeros = ByteBuffer.allocate(8);
        String location = "has its values in another file";
        return Stream.of(
                attack("a shape of 2^62 elements", beside(1, 5, i -> tensor("t", 1L << 31, 1L << 31)), READ),
                attack("a shape whose product overflows to 0", beside(1, 5, i -> tensor("t", 1L << 32, 1L << 32)), READ),
                attack("a shape of 64 extents of 2^31 - 1, 10,000 times",
                        beside(10_000, 5, i -> tensor("t" + i).bytes(1, latin1(extents.repeat(64)))), READ),
                attack("a shape of 64 extents of 1, 10,000 times",
                        beside(10_000, 5, i -> tensor("t" + i).bytes(1, latin1("\1".repeat(64)))), "bytes of values, but has 0"),
                attack("a shape of 65 extents", beside(1, 5, i -> tensor("t").bytes(1, latin1("\1".repeat(65)))), "more than 64 numbers"),
                attack("a shape of 100,000 extents", beside(1, 5, i -> tensor("t", new long[100_000])), "more than 64 numbers"),
                attack("extents that do not end", beside(1, 5, i -> tensor("t").bytes(1, latin1("\377"))), "a number that does not end"),
                attack("a negative extent", beside(1, 5, i -> tensor("t", -2, -2)), READ),
                attack("no elements, of 2^31 - 1 each", beside(1, 5, i -> tensor("t", Integer.MAX_VALUE, 0)), READ),
                attack("a GiB without values", beside(1, 5, i -> tensor("t", 1 << 28)), "needs 1073741824 bytes of values, but has 0"),
                attack("fewer values", beside(1, 5, i -> tensor("t", 2).bytes(9, ByteBuffer.allocate(7))),
                        "needs 8 bytes of values, but has 7"),
                attack("more values", beside(1, 5, i -> tensor("t", 2).bytes(9, ByteBuffer.allocate(9))),
                        "needs 8 bytes of values, but has 9"),
                attack("fewer floats", beside(1, 5, i -> tensor("t", 2).bytes(4, ByteBuffer.allocate(4))),
                        "needs 8 bytes of values, but has 4"),
                attack("floats that are not packed", beside(1, 5, i -> tensor("t", 2).number(4, 0f).number(4, 0f)), "but has 0"),
                attack("other floats than bytes", beside(1, 5, i -> tensor("t", 2).bytes(9, zeros).bytes(4, zeros)), "its values twice"),
                attack("bytes twice", beside(1, 5, i -> tensor("t", 2).bytes(9, zeros).bytes(9, zeros)), "its values twice"),
                attack("bytes, and others beside the model",
                        beside(1, 5, i -> tensor("t", 2).bytes(9, zeros).message(13, entry("location", "x"))), "its values twice"),
                attack("doubles for floats", beside(1, 5, i -> tensor("t", 1).bytes(10, zeros)), READ),
                attack("an unknown type", beside(1, 5, i -> tensor("t", 2).number(2, Long.MAX_VALUE).bytes(9, zeros)), READ),
                attack("texts", beside(1, 5, i -> tensor("t", 1).number(2, 8).bytes(6, latin1("x".repeat(100_000)))), READ),
                attack("two tensors of one name", beside(1, 5, i -> W), "two tensors \"w\""),
                attack("two tensors without a name", beside(2, 5, i -> new ProtobufMessage()), "two tensors \"\""),
                attack("values elsewhere", beside(1, 5, i -> tensor("t", 2).message(13, entry("location", "../../etc/passwd"))), location),
                attack("values elsewhere, 20,000 times",
                        beside(1, 5, i -> IntStream.range(0, 20_000).mapToObj(k -> entry("key" + k, ""))
                                .collect(() -> tensor("t", 2), (t, e) -> t.message(13, e), (a, b) -> {})),
                        location),
                attack("30,000 unread tensors", beside(30_000, 5, i -> new ProtobufMessage().text(8, "t" + i)), READ),
                attack("16,384 tensors of one hash", beside(1 << 14, 5, i -> tensor(colliding(i), 0)), READ));
    }

    private static Stream<Arguments> graphs() {
        return Stream.of(
                attack("100,000 empty nodes", beside(100_000, 1, i -> new ProtobufMessage()), READ),
                attack("100,001 nodes", beside(100_001, 1, i -> new ProtobufMessage()), "more than 100000 nodes"),
                attack("100,000 empty graphs", followed("\72\0".repeat(100_000)), READ),
                attack("inputs without a name, a million", beside(1000, 1, i -> inputs(1000)), READ),
                attack("a node of 1,001 inputs without a name", beside(1, 1, i -> inputs(1001)), "more than 1000 inputs"),
                attack("a node of 1,001 attributes", beside(1, 1, i -> IntStream.range(0, 1001).mapToObj(k -> attribute("a" + k, ""))
                        .collect(ProtobufMessage::new, (n, a) -> n.message(5, a), (a, b) -> {})), "more than 1000 inputs and attributes"),
                attack("an attribute of 65 numbers", beside(1, 1, i -> node("Conv", "c", "x", "w")
                        .message(5, attribute("strides", "\2".repeat(65)))), "more than 64 numbers"),
                attack("attributes of 64 numbers, 5,000 times", beside(5000, 1, i -> node("Conv", "c", "x", "w")
                        .message(5, attribute("strides", "\2".repeat(64)))), READ),
                attack("strides of no number", beside(1, 1, i -> node("Conv", "c", "x", "w").message(5, attribute("strides", ""))), READ),
                attack("strides below 0", beside(1, 1, i -> node("Conv", "c", "x", "w")
                        .message(5, attribute("strides", "\377".repeat(9) + "\1"))), READ),
                attack("a node of unknown tensors", beside(1, 1, i -> node("Conv", "c", "x", "nowhere", "nothing")), READ),
                attack("a node of itself", beside(1, 1, i -> node("Identity", "a", "a")), READ),
                attack("nodes in a circle", beside(2, 1, i -> node("Identity", "a" + i, "a" + (1 - i))), READ),
                attack("a chain of 30,000 nodes", beside(30_000, 1, i -> node("Identity", "a" + i, i == 0 ? "w" : "a" + (i - 1))), READ),
                attack("a KiB under 1,000 names", renamed(1000), READ),
                attack("a KiB under 100,000 names", renamed(100_000), "many names; export the model anew"),
                attack("a node whose result is a tensor's name",
                        model(graph().message(5, tensor("v", 0)).message(1, node("Identity", "w", "v"))), "two tensors \"w\""),
                attack("two weights for one name", model(graph().message(5, tensor("onnx::Conv_1", 0)).message(5, tensor("onnx::Conv_2", 0))
                        .message(1, node("Conv", "/c/Conv", "x", "onnx::Conv_1"))
                        .message(1, node("Conv", "/c/Conv", "x", "onnx::Conv_2"))), "two tensors \"c.weight\""),
                attack("a linear layer of a long name", model(graph().message(5, tensor("n".repeat(100_000), 0))
                        .message(1, node("Gemm", "fc", "x", "n".repeat(100_000)))), "transposed"));
    }

    /** A tensor of one KiB to which nodes give other names. */
    private static byte[] renamed(int times) {
        ProtobufMessage graph = graph().message(5, tensor("k", 256).bytes(9, ByteBuffer.allocate(1024)));
        IntStream.range(0, times).forEach(i -> graph.message(1, node("Identity", "k" + i, "k")));
        return model(graph);
    }

    private static ProtobufMessage inputs(int count) {
        ProtobufMessage node = new ProtobufMessage();
        IntStream.range(0, count).forEach(i -> node.text(1, ""));
        return node;
    }

    private static Stream<Arguments> texts() {
        ProtobufMessage onnx = tensor("onnx::Conv_1", 0);
        ProtobufMessage deep = graph().message(5, onnx);
        IntStream.range(0, 1000).forEach(i -> deep.message(1, node("Conv", "/a/b".repeat(249), "x", "onnx::Conv_1")));
        ProtobufMessage sequences = graph().message(5, onnx);
        String names = IntStream.range(0, 43).mapToObj(i -> "/" + "a.".repeat(i) + "a").collect(Collectors.joining());
        IntStream.range(0, 1000).forEach(i -> sequences.message(1, node("Conv", names.substring(0, 999), "x", "onnx::Conv_1")));
        return Stream.of(
                attack("a name that is not UTF-8", beside(1, 5, i -> new ProtobufMessage().bytes(8, latin1("\377\376"))), "not UTF-8"),
                attack("a key that is half a character", metadata(1, i -> new ProtobufMessage().bytes(1, latin1("\342\202"))), "not UTF-8"),
                attack("a tensor's name of a million characters", beside(1, 5, i -> tensor("n".repeat(1_000_000), 1)), "bytes of values"),
                attack("a name with control characters", beside(1, 5, i -> tensor("\33[2J\n\r\0", 1)), "\"?[2J???\""),
                attack("deep names of nodes, 1,000 times", model(deep), READ),
                attack("names of nodes within each other, 1,000 times", model(sequences), READ),
                attack("100,000 empty entries", metadata(100_000, i -> new ProtobufMessage()), READ),
                attack("32,768 keys of one hash", metadata(1 << 15, i -> entry(colliding(i), "")), READ),
                attack("20,000 counters", metadata(20_000, i -> entry("n" + i + ".num_batches_tracked", "1")), READ),
                attack("a counter of a million digits", metadata(1, i -> entry("n.num_batches_tracked", "9".repeat(1_000_000))), READ),
                attack("a counter in place of a tensor", metadata(1, i -> entry("v.num_batches_tracked", "999999999999999999")), READ),
                attack("a million texts of one character", metadata(1000, i -> new ProtobufMessage()
                        .bytes(1, latin1("x")).bytes(3, latin1(repeated(500, k -> "\12\1y")))), READ));
    }
}
