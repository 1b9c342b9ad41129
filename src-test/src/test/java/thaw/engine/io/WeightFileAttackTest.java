package thaw.engine.io;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Known attacks by weight files, each a file made for it: it is refused with a message, or read as the data that it is, without a
 * hang and in memory in proportion to its size, and no class that it names is loaded. Damage of single fields is in the formats'
 * own tests.
 */
class WeightFileAttackTest {
    private static final ThreadMXBean THREAD = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** A hang: ten times what the slowest takes on a busy machine. */
    private static final long NANOSECONDS = 10_000_000_000L;
    private static final String READ = "";

    private static boolean canaryLoaded;

    /** A class that files name. */
    static final class Canary {
        static {
            canaryLoaded = true;
        }
    }

    // ---- files -------------------------------------------------------------------------------------------------

    private static byte[] bytes(String latin1) {
        return latin1.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** A global by its module and name. */
    private static String global(String module, String name) {
        return "c" + module + "\n" + name + "\n";
    }

    static String repeated(int times, IntFunction<String> part) {
        return IntStream.range(0, times).mapToObj(part).collect(Collectors.joining());
    }

    private static String text(String text) {
        return "X" + int32(text.length()) + text;
    }

    private static String int32(int n) {
        return "" + (char) (n & 0xff) + (char) (n >> 8 & 0xff) + (char) (n >> 16 & 0xff) + (char) (n >>> 24);
    }

    private static final String STORAGE = "(U\7storage" + global("torch", "FloatStorage") + "U\0010U\3cpuK\2tQ";
    private static final String REBUILD = global("torch._utils", "_rebuild_tensor_v2");
    /** A tensor of the two floats of storage 0. */
    private static final String TENSOR = REBUILD + "(" + STORAGE + "K\0K\2\205K\1\205\211}tR";
    private static final String OBJECT = "}U\1w" + TENSOR + "s";

    private static ZipFile zip(String pickle) {
        return new ZipFile().stored("a/data.pkl", bytes(pickle + ".")).stored("a/data/0", new byte[8]);
    }

    /** The file of PyTorch 1.6 and later whose object is a dict of a tensor and of these items. */
    private static byte[] beside(String items) {
        return zip(OBJECT + items).bytes();
    }

    private static byte[] legacy(String pickle, String storages) {
        String magic = "\200\2\212\12l\374\234F\371 j\250P\31.";
        return bytes(magic + "\200\2M\351\3.}." + pickle + storages);
    }

    private static byte[] safetensors(String header, String data) {
        return bytes(int32(header.length()) + int32(0) + header + data);
    }

    private static byte[] tar(String... namesAndContents) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < namesAndContents.length; i += 2) {
            byte[] content = bytes(namesAndContents[i + 1]);
            byte[] header = Arrays.copyOf(bytes(namesAndContents[i]), 512);
            System.arraycopy(bytes(String.format("%011o", content.length)), 0, header, 124, 11);
            Arrays.fill(header, 148, 156, (byte) ' ');
            int sum = IntStream.range(0, 512).map(k -> header[k] & 0xff).sum();
            System.arraycopy(bytes(String.format("%06o\0", sum)), 0, header, 148, 7);
            out.writeBytes(header);
            out.writeBytes(Arrays.copyOf(content, (content.length + 511) / 512 * 512));
        }
        return out.toByteArray();
    }

    private static Arguments attack(String name, byte[] file, String message) {
        return Arguments.of(name, file, message);
    }

    // ---- attacks -----------------------------------------------------------------------------------------------

    static Stream<Arguments> archives() {
        ZipFile zip = zip(OBJECT);
        byte[] zeros = new byte[20_000_000];
        String large = OBJECT.replace("K\2tQ", "J" + int32(5_000_000) + "tQ");
        return Stream.of(
                attack("flagged as encrypted", zip.withEntry(0, ZipFile.FLAGS, "\1"), "is encrypted"),
                attack("flagged as encrypted in one header", zip.withLocal(1, ZipFile.LOCAL_FLAGS, "\1"), "encryption in its local"),
                attack("another name in the local header", zip.withLocal(1, ZipFile.LOCAL_NAME, "b"), "another name"),
                attack("another method in the local header", zip.withLocal(0, ZipFile.LOCAL_METHOD, "\10"), "another name, method"),
                attack("another size in the local header", zip.withLocal(1, ZipFile.LOCAL_SIZE, "\7"), "another name, method, size"),
                attack("another size in the directory", zip.withEntry(1, ZipFile.SIZE, "\11"), "another name, method, size"),
                attack("two entries at one place", zip.withEntry(1, ZipFile.POSITION, int32(0)), "overlaps"),
                attack("an entry within another", zip.withEntry(1, ZipFile.POSITION, int32(20)), "overlaps"),
                attack("an entry beyond the file", zip.withEntry(1, ZipFile.POSITION, int32(0x7fffffff)), "impossible size or position"),
                attack("a negative position", zip.withEntry(1, ZipFile.POSITION, int32(-1)), "impossible size or position"),
                attack("an unknown method", zip.withEntry(1, ZipFile.METHOD, "\14"), "another name, method"),
                attack("the same name twice", zip(OBJECT).stored("a/data/0", new byte[8]).bytes(), "twice"),
                attack("a name outside of the folder",
                        new ZipFile().stored("../data.pkl", bytes(OBJECT + ".")).stored("../data/0", new byte[8]).bytes(), READ),
                attack("a storage outside of the folder", zip(OBJECT.replace("U\0010", "U\20../../etc/passwd")).bytes(),
                        "no entry \"a/data/../../etc/passwd\""),
                attack("a storage shorter than it says", zip(OBJECT.replace("K\2tQ", "K\3tQ")).bytes(), "should have 12 bytes, but has 8"),
                attack("strides outside of the storage", zip(OBJECT.replace("K\1\205", "K\2\205")).bytes(), "reaches element 2"),
                attack("a pickle of zeros, compressed a thousandfold", new ZipFile().deflated("a/data.pkl", new byte[50_000_000]).bytes(),
                        "its pickle has 50000000 bytes"),
                attack("a storage of zeros, compressed a thousandfold",
                        new ZipFile().stored("a/data.pkl", bytes(large + ".")).deflated("a/data/0", zeros).bytes(), "more than 32 times"),
                attack("a byte order of zeros, compressed a thousandfold", zip(OBJECT).deflated("a/byteorder", zeros).bytes(),
                        "more than 32 times"),
                attack("an impossible compression", new ZipFile().deflated("a/data.pkl", new byte[8]).withEntry(0, ZipFile.SIZE,
                        "\0\0\0\1"), "impossible"),
                attack("a million entries claimed", zip.withEntry(0, 46 + 10 + 46 + 8 + 8, "\377\377\377\377"), "directory ends after 2"));
    }

    static Stream<Arguments> globals() {
        return Stream.of("os system", "posix system", "nt system", "builtins eval", "builtins exec", "__builtin__ execfile",
                "subprocess Popen", "runpy _run_code", "importlib import_module", "webbrowser open", "pty spawn", "operator attrgetter",
                "torch load", "torch.jit load", "numpy load", "pickle loads", "java.lang.Runtime exec",
                "thaw.engine.io.WeightFileAttackTest$Canary new").flatMap(name -> {
                    String[] parts = name.split(" ");
                    String shown = parts[0] + "." + parts[1];
                    String call = global(parts[0], parts[1]) + "(" + text("touch x") + "t";
                    return Stream.of(attack(shown, zip("}U\1w" + call + "Rs").bytes(), shown),
                            attack(shown + " by NEWOBJ", zip("}U\1w" + call + "\201s").bytes(), shown),
                            attack(shown + " by BUILD", zip(call + "R" + call + "Rb").bytes(), shown),
                            attack(shown + " in an old file", legacy("}U\1w" + call + "Rs.", "]."), shown));
                });
    }

    static Stream<Arguments> pickles() {
        String hundred = "(" + "K\1".repeat(64) + "tq\1";
        String names = "q\1" + text("m".repeat(50_000)) + "q\2";
        return Stream.of(
                attack("tuples, 200,000 deep", beside("U\1t)" + "\205".repeat(200_000) + "s"), READ),
                attack("marks, 200,000 deep", beside("(".repeat(200_000)), "nest deeper"),
                attack("lists that double 200,000 times", beside("U\1l]q\1" + "0](h\1h\1eq\1".repeat(200_000) + "s"), READ),
                attack("dicts that double 30,000 times", beside("U\4args}q\1" + "0}(U\1ah\1U\1bh\1uq\1".repeat(30_000) + "s"), READ),
                attack("a list that holds itself", beside("U\4args]q\1h\1as"), READ),
                attack("a call of a call of a call", zip(global("os", "system") + ")R".repeat(200_000)).bytes(), "os.system"),
                attack("a tensor of a tensor of a tensor", zip("}U\1w" + TENSOR + ("q\0010" + global("torch._utils", "_rebuild_parameter")
                        + "(h\1\210}tR").repeat(20_000) + "s").bytes(), READ),
                attack("BUILD on a function", zip(REBUILD + "}b").bytes(), "an object whose state may be set"),
                attack("BUILD on a storage's class", zip(global("torch", "FloatStorage") + "}b").bytes(), "an object whose state"),
                attack("BUILD on a class", zip(global("os", "environ") + "}b").bytes(), "an object whose state may be set"),
                attack("BUILD on a storage", zip(STORAGE + "}b").bytes(), "an object whose state may be set"),
                attack("a text of 4 GiB", beside("X\377\377\377\377"), "ends in the middle"),
                attack("a number beyond all", beside("U\1nF1e999\ns"), READ),
                attack("a key of 11,000 characters", beside(text("k".repeat(11_000)) + "Ns"), "11000 characters"),
                attack("two equal long keys in turns", beside("U\1d}(" + text("k".repeat(9000)) + "q\1N" + text("k".repeat(9000))
                        + "q\2N" + "h\1Nh\2N".repeat(60_000) + "us"), READ),
                attack("keys of one hash", beside("U\1d}(" + repeated(1 << 15, i -> global("m", colliding(i)) + "N") + "us"), READ),
                attack("texts of one hash", beside("U\1d}(" + repeated(1 << 14, i -> "U\36" + colliding(i) + "N") + "us"), READ),
                attack("numbers with texts' hash", beside("U\1d}(" + repeated(1 << 14, i -> "U\36" + colliding(i) + "N"
                        + "\212\10" + int32(colliding(0).hashCode() ^ i) + int32(i) + "N") + "us"), READ),
                attack("one shape of 64 dimensions for all tensors",
                        beside(hundred + "0" + STORAGE + "q\2" + REBUILD + "q\3(h\2K\0h\1h\1\211}tq\4"
                                + "h\3h\4R0".repeat(20_000)),
                        "over and over"),
                attack("an unread tensor, again and again", beside(global("torch._utils", "_rebuild_qtensor") + "q\0010)q\0020(h\1h\2R"
                        + "h\1h\2R".repeat(100_000) + "1"), READ),
                attack("a long name, again and again", beside(text("n".repeat(50_000)) + names + "h\1h\2\223".repeat(20_000)),
                        "over and over"),
                attack("a long NumPy type, again and again", beside(global("numpy", "dtype") + "(" + text("f".repeat(100_000)) + "tRq\0010"
                        + global("numpy.core.multiarray", "scalar") + "q\0020(h\1C\0tq\0030" + "h\2h\3R0".repeat(20_000)), READ),
                attack("long texts for each setting", beside(texts() + "0U\4args}(" + repeated(5000, i -> text("s" + i) + "h\1") + "us"),
                        READ),
                attack("a long path for each key", beside(texts() + "0" + global("pathlib", "Path") + "(" + "h\2".repeat(900)
                        + "tRq\0010(" + repeated(5000, i -> text("p" + i) + "h\1") + "u"), READ),
                attack("modules that share children under long names", zip(modules()).bytes(), "too long names or are too many"),
                attack("modules with long lists of buffers", zip(buffers()).bytes(), READ),
                attack("long names around many dicts", zip(nested()).bytes(), READ));
    }

    /** A list of 901 references to a text: memo 1, and on the stack; the text is memo 2. */
    private static String texts() {
        return "](" + text("t".repeat(10)) + "q\2" + "h\2".repeat(900) + "eq\1";
    }

    /** One of 32,768 texts of 30 characters that have one hash. */
    static String colliding(int i) {
        return repeated(15, bit -> (i >> bit & 1) == 0 ? "Aa" : "BB");
    }

    /** A module whose class is unknown, with these fields. */
    private static String module(String parameters, String buffers, String children, String more) {
        return global("m", "Module") + ")\201}(U\13_parameters}(" + parameters + "uU\10_buffers}(" + buffers + "uU\10_modules}("
                + children + "u" + more + "ub";
    }

    private static String modules() {
        String module = module("U\1w" + TENSOR, "", "", "") + "q\1";
        for (int i = 0; i < 16; i++) {
            module += "0" + module("", "", text("l".repeat(50)) + "h\1" + text("r".repeat(50)) + "h\1", "") + "q\1";
        }
        return module;
    }

    private static String buffers() {
        String names = "U\33_non_persistent_buffers_set](" + repeated(900, i -> text("n".repeat(90) + (char) (i / 100 + 'a') + i)) + "e";
        return module("U\1w" + TENSOR,
                repeated(8000, i -> text("n".repeat(90) + (char) ('a' + i % 26) + i) + "N"), "", names);
    }

    private static String nested() {
        String dict = "}(" + repeated(60_000, i -> text("" + i) + "N") + "U\1w" + TENSOR + "u";
        for (int depth = 0; depth < 7; depth++) {
            String around = dict;
            dict = "}(" + repeated(depth == 0 ? 5000 : 0, i -> text("" + i) + "}") + text("d".repeat(199)) + around + "u";
        }
        return dict;
    }

    static Stream<Arguments> oldFormats() {
        String storages = "]U\0010a." + "\2\0\0\0\0\0\0\0" + "\0".repeat(8);
        String old = OBJECT.replace("K\2tQ", "K\2NtQ").replace("_v2", "").replace("\211}tR", "tR") + ".";
        String views = "](" + repeated(40_000, i -> "(J" + int32(i + 2) + "J" + int32(i + 1) + "K\0K\2t") + "e.";
        String first = "K\1.K\1U\3cpu" + global("torch", "FloatStorage") + "\207.\2\0\0\0\0\0\0\0" + "\0".repeat(8);
        String tensors = "K\1.J" + int32(40_002) + "J" + int32(40_001) + global("torch", "FloatTensor") + "\207."
                + "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0" + "\0".repeat(8);
        String pickle = "}U\1wU\00540002Qs.";
        return Stream.of(
                attack("an old file", legacy(old, storages), READ),
                attack("a second magic number",
                        bytes("\200\2\212\12l\374\234F\371 j\250P\31." + new String(legacy(old, storages), StandardCharsets.ISO_8859_1)),
                        "protocol version"),
                attack("a storage of 2^60 elements", legacy(old.replace("K\2NtQ", "\212\10\0\0\0\0\0\0\0\20NtQ"), storages),
                        "persistent id"),
                attack("bytes behind an old file", legacy(old, storages + "PK\3\4" + "x".repeat(1000)), READ),
                attack("a chain of 40,000 views", tar("storages", first + views, "tensors", tensors, "pickle", pickle), READ),
                attack("a file outside of the archive", tar("../storages", first, "/tensors", tensors, "pickle", pickle),
                        "without \"storages\""),
                attack("a million storages claimed", tar("storages", "J" + int32(1_000_000) + first.substring(2), "tensors", tensors,
                        "pickle", pickle), "damaged"));
    }

    static Stream<Arguments> headers() {
        String tensor = "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
        String data = "\0".repeat(8);
        String longName = "n".repeat(49_000);
        return Stream.of(
                attack("a zip archive behind the tensors",
                        safetensors(tensor, data + new String(zip(OBJECT).bytes(), StandardCharsets.ISO_8859_1)),
                        "nothing may follow"),
                attack("a shape of 100,000 dimensions", safetensors(tensor.replace("[2]", "[" + "1,".repeat(100_000) + "2]"), data),
                        "more than 64 numbers"),
                attack("a dimension of 1e999", safetensors(tensor.replace("[2]", "[1e999]"), data), "should be VALUE_NUMBER_INT"),
                attack("a dimension of 100,000 digits", safetensors(tensor.replace("[2]", "[" + "9".repeat(100_000) + "]"), data),
                        "not valid JSON"),
                attack("a name of 100,000 characters", safetensors(tensor.replace("w", "w".repeat(100_000)), data), "not valid JSON"),
                attack("a text of a million characters",
                        safetensors(tensor.replace("{\"w\"", "{\"__metadata__\":{\"k\":\"" + "t".repeat(1_000_000)
                                + "\"},\"w\""), data),
                        READ),
                attack("an unread field, nested 100,000 deep",
                        safetensors(tensor.replace("[0,8]", "[0,8],\"x\":" + "[".repeat(100_000)), data),
                        "not valid JSON"),
                attack("texts of one hash", safetensors("{\"__metadata__\":{" + repeated(1 << 15, i -> "\"" + colliding(i) + "\":\"\",")
                        + "\"k\":\"v\"}," + tensor.substring(1), data), READ),
                attack("an index whose names repeat a long one",
                        bytes("{\"" + longName + "\":{" + "\"k\":null,".repeat(20_000) + "\"k\":null}}"),
                        "JSON is too large"),
                attack("an index outside of its folder", bytes("{\"weight_map\":{\"w\":\"../../etc/passwd\"}}"),
                        "can't be read from a stream"));
    }

    static Stream<Arguments> otherNames() {
        String tensor = "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
        return Stream.of(Arguments.of("zip.safetensors", zip(OBJECT).bytes(), READ), Arguments.of("safetensors.pth",
                safetensors(tensor, "\0".repeat(8)), READ), Arguments.of("zip.tar", zip(OBJECT).bytes(), READ),
                Arguments.of("gzip.pth", bytes("\37\213\10" + "\0".repeat(20)), "compressed with gzip"));
    }

    // ---- the test ----------------------------------------------------------------------------------------------

    @ParameterizedTest(name = "{0}")
    @MethodSource({"archives", "globals", "pickles", "oldFormats", "headers", "otherNames", "thaw.engine.io.OnnxAttacks#models"})
    void isRefusedOrHarmless(String name, byte[] file, String message) throws IOException {
        read(name, file, message);
        long bytes = THREAD.getCurrentThreadAllocatedBytes();
        long time = THREAD.getCurrentThreadCpuTime();
        read(name, file, message);
        bytes = THREAD.getCurrentThreadAllocatedBytes() - bytes;
        time = THREAD.getCurrentThreadCpuTime() - time;
        assertTrue(bytes <= WeightFileTarget.mostBytes(file), file.length + " bytes took " + bytes + " bytes of memory");
        assertTrue(time < NANOSECONDS, file.length + " bytes took " + time / 1_000_000 + " ms");
        assertFalse(canaryLoaded);
    }

    private static void read(String name, byte[] file, String message) throws IOException {
        if (message.equals(READ)) {
            float[] values = Weights.read(FileBytes.of(name, file)).get("w").toFloats();
            assertTrue(Arrays.equals(new float[2], values));
        } else {
            String refusal = assertThrows(WeightFileException.class, () -> Weights.read(FileBytes.of(name, file))).getMessage();
            assertTrue(refusal.startsWith(name + ": ") && refusal.contains(message) && refusal.length() < 2000, refusal);
        }
    }
}
