package thaw.engine.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pickles written by hand, one character per byte; the letters of opcodes are Python's. */
class UnpicklerTest {

    private static Object load(String pickle) throws WeightFileException {
        ByteBuffer in = ByteBuffer.wrap(pickle.getBytes(StandardCharsets.ISO_8859_1));
        return new Unpickler(in, id -> {
            TorchStorage storage = PyTorchFile.named(id);
            ByteBuffer floats = ByteBuffer.allocate((int) storage.byteLength()).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < storage.elements(); i++) {
                floats.putFloat(i);
            }
            storage.place(FileBytes.of("storage", floats.array()), 0, ByteOrder.LITTLE_ENDIAN);
            return storage;
        }).load();
    }

    private static void refused(String pickle, String word) {
        WeightFileException e = assertThrows(WeightFileException.class, () -> load(pickle));
        assertTrue(e.getMessage().contains(word), e.getMessage());
    }

    private static String number(long n) {
        StringBuilder s = new StringBuilder("\212\10");
        for (int i = 0; i < 8; i++) {
            s.append((char) (n >>> 8 * i & 0xff));
        }
        return s.toString();
    }

    private static String tuple(String numbers) {
        StringBuilder s = new StringBuilder("(");
        for (String n : numbers.isBlank() ? new String[0] : numbers.trim().split(" +")) {
            s.append(number(Long.parseLong(n)));
        }
        return s.append('t').toString();
    }

    /** A view of a storage that contains the floats 0 to 5. */
    private static String tensor(long offset, String size, String stride) {
        return "ctorch._utils\n_rebuild_tensor_v2\n((U\7storagectorch\nFloatStorage\nU\0010U\3cpuK\6tQ"
                + number(offset) + tuple(size) + tuple(stride) + "\211)tR.";
    }

    @Test
    void plainValues() throws Exception {
        assertNull(load("N."));
        assertEquals(true, load("\210."));
        assertEquals(false, load("\211."));
        assertEquals(200L, load("K\310."));
        assertEquals(0xfffeL, load("M\376\377."));
        assertEquals(-2L, load("J\376\377\377\377."));
        assertEquals(0L, load("\212\0."));
        assertEquals(-1L, load("\212\1\377."));
        assertEquals(Long.MIN_VALUE, load(number(Long.MIN_VALUE) + "."));
        assertEquals(BigInteger.ONE.shiftLeft(63), load("\212\11" + "\0".repeat(7) + "\200\0."));
        assertEquals(BigInteger.ONE.shiftLeft(71), load("\212\12" + "\0".repeat(8) + "\200\0."));
        assertEquals(1.5, load("G\77\370\0\0\0\0\0\0."));
        assertEquals("hä", load("X\3\0\0\0h\303\244."));
        assertEquals("hi", load("U\2hi."));
        assertEquals(DType.F16, load("ctorch\nfloat16\n."));
    }

    @Test
    void containersAndMemo() throws Exception {
        assertEquals(List.of(1L, 2L, 3L), load("](K\1K\2eK\3a."));
        assertEquals(Map.of("a", 1L, "b", 2L, "c", 3L), load("}U\1aK\1s(U\1bK\2U\1cK\3u."));
        assertEquals(List.of("x", "x", "x"), load("]U\1xq\0ah\0aj\0\0\0\0a."));
        assertEquals(List.of("x", "x"), load("]U\1xr\0\1\0\0aj\0\1\0\0a."));
        assertEquals(0, assertInstanceOf(Tuple.class, load(").")).size());
        assertEquals(3, assertInstanceOf(Tuple.class, load("NNN\207.")).size());
        assertEquals(2, assertInstanceOf(Tuple.class, load("NN\206.")).size());
        assertEquals(1, assertInstanceOf(Tuple.class, load("N\205.")).size());
    }

    @Test
    void orderedDicts() throws Exception {
        String ordered = "ccollections\nOrderedDict\n";
        Object dict = load(ordered + ")R(U\1bK\1U\1aK\2u}U\11_metadataK\1sb.");
        assertEquals(List.of("b", "a"), new ArrayList<Object>(((LinkedHashMap<?, ?>) dict).keySet()));
        // Python 2 passes the items as a list of lists.
        Object old = load(ordered + "](](U\1bK\1e](U\1aK\2ee\205R.");
        assertEquals(List.of("b", "a"), new ArrayList<Object>(((LinkedHashMap<?, ?>) old).keySet()));
    }

    @Test
    void tensors() throws Exception {
        TorchTensor t = assertInstanceOf(TorchTensor.class, load(tensor(1, "2 2", "1 2")));
        assertArrayEquals(new float[] {1, 3, 2, 4}, t.toFloats());
        t = assertInstanceOf(TorchTensor.class, load(tensor(5, "", "")));
        assertArrayEquals(new float[] {5}, t.toFloats());
        t = assertInstanceOf(TorchTensor.class, load(tensor(0, "2 3", "3 1")));
        assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5}, t.toFloats());
        t = assertInstanceOf(TorchTensor.class, load(tensor(100, "3 0", "7 7")));
        assertEquals(0, t.toFloats().length);
    }

    /** Offsets, sizes and strides that would read outside the storage, or overflow. */
    @ParameterizedTest
    @CsvSource({
        "6, '', ''", "-1, 1, 1", "0, 7, 1", "1, 6, 1", "0, 2 3, 4 1", "0, 2, 6", "0, -1, 1", "0, 2, -1", "0, 2, 1 1",
        "9223372036854775807, 2, 1", "0, 2, 9223372036854775807", "4, 3, 9223372036854775807",
        "0, 4294967296 4294967296, 1 1", "0, 4294967296 4294967296, 0 0",
        "9223372036854775806, 2 2, 9223372036854775807 9223372036854775807"})
    void tensorsOutsideTheirStorage(long offset, String size, String stride) {
        assertThrows(WeightFileException.class, () -> load(tensor(offset, size, stride)));
    }

    /** Expanded from a few bytes to what would fill the memory: only asking for the numbers is an error. */
    @ParameterizedTest
    @CsvSource({"0, 4294967297, 0", "0, 2147483000, 0", "0, 20000000, 0", "0, 65536 65536 0, 0 0 0", "0, 4000 4000 2, 0 0 1"})
    void tensorsThatAreNotRead(long offset, String size, String stride) throws Exception {
        StoredTensor t = assertInstanceOf(UnreadTensor.class, load(tensor(offset, size, stride)));
        assertThrows(UncheckedIOException.class, t::bytes);
        assertThrows(UncheckedIOException.class, t::toFloats);
    }

    @Test
    void tensorOfTooManyDimensions() {
        refused(tensor(0, "1 ".repeat(65), "1 ".repeat(65)), "65 dimensions");
    }

    @ParameterizedTest
    @CsvSource({"os,system", "posix,system", "nt,system", "sys,exit", "builtins,eval", "__builtin__,eval", "builtins,getattr",
        "subprocess,Popen", "numpy.core.multiarray,_reconstruct", "torch.hub,load", "torch.nn.modules.linear,Linear",
        "collections.OrderedDict,__init__", "torch,load", "torch,Tensor", "argparse,Namespace"})
    void otherGlobalsStayNames(String module, String name) throws Exception {
        String global = module + "." + name;
        for (String made : new String[] {"c" + module + "\n" + name + "\n)R", "c" + module + "\n" + name + "\n)\201",
            "(i" + module + "\n" + name + "\n", "(c" + module + "\n" + name + "\no",
            "U" + (char) module.length() + module + "U" + (char) name.length() + name + "\223)}\222"}) {
            PickledObject object = assertInstanceOf(PickledObject.class, load(made + "}U\1aK\1sb."));
            assertEquals(global, object.type());
            assertEquals(0, object.args().size());
            assertEquals(Map.of("a", 1L), object.state());
        }
        assertEquals(new TorchGlobals.Name(global), load("c" + module + "\n" + name + "\n."));
    }

    /** An object that dict and list items are added to, and one that is itself called. */
    @Test
    void inertObjectsTakeEverything() throws Exception {
        String made = "cm\nC\n(U\1xK\5tR";
        PickledObject object = assertInstanceOf(PickledObject.class, load(made + "U\1aK\1s(K\1K\2eK\3a(U\1bK\2u."));
        assertEquals(Map.of("a", 1L, "b", 2L), object.items());
        assertEquals(List.of("x", 5L), object.args().items());
        assertEquals("m.C", assertInstanceOf(PickledObject.class, load(made + ")R.")).type());
    }

    @Test
    void aTensorThatNeedsAnUnknownFunction() throws Exception {
        String parameter = "ctorch._utils\n_rebuild_parameter\n(cos\nsystem\n(U\4echotR\210NtR.";
        StoredTensor t = assertInstanceOf(UnreadTensor.class, load(parameter));
        String message = assertThrows(UncheckedIOException.class, t::toFloats).getMessage();
        assertTrue(message.contains("os.system") && message.contains("run any code")
                && message.contains("torch.save(model.state_dict()"), message);
        for (String other : new String[] {"ctorch._utils\n_rebuild_tensor_v2\n(cos\nsystem\n)RK\0))\211NtR.",
            "ctorch._tensor\n_rebuild_from_type_v2\n(cos\nsystem\nN)NtR.", "ctorch._utils\n_rebuild_qtensor\n)R."}) {
            assertInstanceOf(UnreadTensor.class, load(other));
        }
    }

    /** {@code torch._neg_view} stores the numbers as they were, and says in a seventh argument that they're the negatives. */
    @Test
    void theNegativeOfWhatIsStored() throws Exception {
        String tensor = tensor(5, "", "");
        String open = tensor.substring(0, tensor.lastIndexOf("tR."));
        assertInstanceOf(UnreadTensor.class, load(open + "}U\3neg\210stR."));
        assertInstanceOf(TorchTensor.class, load(open + "}U\3neg\211stR."));
        assertInstanceOf(TorchTensor.class, load(open + "NtR."));
    }

    /** A state of more parts than whether there's a gradient would replace the tensor's numbers. */
    @Test
    void theStateOfATensor() throws Exception {
        String tensor = tensor(5, "", "");
        String open = tensor.substring(0, tensor.length() - 1);
        assertArrayEquals(new float[] {5}, assertInstanceOf(TorchTensor.class, load(open + "\210\211N\207b.")).toFloats());
        refused(open + "(NNNNtb.", "other numbers");
        refused(open + "(NNNNNtb.", "other numbers");
    }

    /** Each beside what Python's own {@code pickle.loads} makes of it. */
    @Test
    void opcodesOfOtherProtocols() throws Exception {
        assertEquals(List.of(1L, 2L), load("\200\4\225\10\0\0\0\0\0\0\0]\224(K\1K\2e."));
        assertEquals(List.of("ab", "ab"), load("]\224(\214\2ab\224h\1e."));
        assertEquals("h\u00e4", load("\215\3\0\0\0\0\0\0\0h\303\244."));
        assertArrayEquals(new byte[] {0, -1}, assertInstanceOf(byte[].class, load("C\2\0\377.")));
        assertArrayEquals(new byte[] {0, -1}, assertInstanceOf(byte[].class, load("B\2\0\0\0\0\377.")));
        assertArrayEquals(new byte[] {1}, assertInstanceOf(byte[].class, load("\216\1\0\0\0\0\0\0\0\1.")));
        assertArrayEquals(new byte[] {1}, assertInstanceOf(byte[].class, load("\226\1\0\0\0\0\0\0\0\1.")));
        assertEquals("ab", load("T\2\0\0\0ab."));
        assertEquals(-2L, load("\213\1\0\0\0\376."));
        assertEquals(true, load("I01\n."));
        assertEquals(false, load("I00\n."));
        assertEquals(-12L, load("I-12\n."));
        assertEquals(BigInteger.TEN.pow(30), load("L1000000000000000000000000000000L\n."));
        assertEquals(-0.1, load("F-0.1\n."));
        assertEquals(Double.NEGATIVE_INFINITY, load("F-inf\n."));
        assertEquals(List.of(1L), load("(K\1l."));
        assertEquals(Map.of("a", 1L), load("(U\1aK\1d."));
        assertEquals(List.of(1L, 2L), load("\217(K\1K\2\220."));
        assertEquals(List.of(1L), assertInstanceOf(Tuple.class, load("(K\1\221.")).items());
        assertEquals(1L, load("K\1K\0020."));
        assertEquals(1L, load("K\1(K\2K\0031."));
        assertEquals(1L, load("K\1(0."));
        assertEquals(List.of(7L, 7L), load("](K\0072e."));
        assertEquals(List.of("x", "x"), load("]U\1xp3\nag3\na."));
        assertEquals(List.of("x", "y", "x"), load("](U\1xp3\nU\1yp4\ng3\ne."));
        assertEquals(Map.of(), load("ccollections\ndefaultdict\nc__builtin__\nlist\n\205R."));
        assertEquals("m.C", assertInstanceOf(PickledObject.class,
                load("ccopy_reg\n_reconstructor\n(cm\nC\nc__builtin__\nobject\nNtR.")).type());
    }

    /** NumPy's scalars of a training's log; the bytes are NumPy's, little-endian or as the dtype's state says. */
    @ParameterizedTest
    @CsvSource({"f8, <, 0000000000085340, 76.125", "f8, >, 4053080000000000, 76.125", "f4, <, 0000003f, 0.5",
        "i8, <, f9ffffffffffffff, -7", "i4, <, f9ffffff, -7", "i2, >, fff9, -7", "i1, |, f9, -7", "u4, <, ffffffff, 4294967295",
        "u2, <, ffff, 65535", "u1, |, ff, 255", "b1, |, 01, true", "b1, |, 00, false"})
    void numPyScalars(String type, String order, String hex, String value) throws Exception {
        String bytes = new String(HexFormat.of().parseHex(hex), StandardCharsets.ISO_8859_1);
        String dtype = "cnumpy\ndtype\n(U\2" + type + "\211\210tR(K\3U\1" + order + "NNNtb";
        assertEquals(value, load("cnumpy._core.multiarray\nscalar\n" + dtype + "C" + (char) bytes.length() + bytes
                + "\206R.").toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "N", "K", "X\4\0\0\0abc", "X\377\377\377\377abc", "\212\377abc", "J\0\0", "G\0\0\0", "cos", "cos\nsystem",
        ".", "(.", "(N", "t.", "(tt.", "N(s.", "NNs.", "}Ns.", "(N}a.", "Ka", "N(N\206.", "\205.", "N\206.", "q\0.", "(q\0.",
        "h\0.", "Nq\0h\1.", "j\377\377\377\377.", "}(Nu.", "}]Ns.", "}}Ns.", "]N(e", "NR.", ")R.", "N)R.", "NNb.", "]Nb.", "Q.",
        "NQ.", ")Q.", "(U\6moduletQ.", "U\2\377\377.", "ctorch\nFloatStorage\n)R.",
        "ctorch._utils\n_rebuild_tensor_v2\n)R.", "ctorch._utils\n_rebuild_tensor_v2\nNR.",
        "ctorch._utils\n_rebuild_parameter\n)R.", "ctorch._tensor\n_rebuild_from_type_v2\n(NN)NtR.",
        "ccollections\nOrderedDict\n]Na\205R.", "\200",
        "ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._tensor\n_rebuild_from_type_v2\nN)NtR.", "(o.", "Ix\n.", "I", "I1",
        "Fx\n.", "Lx\n.", "px\n.", "gx\n.", "g5\n.", "K\1\223.", "NN\223.", "cm\nC\n)N\222.", "0.", "1.", "2.", "(2.", "]d.",
        "\225\0", "\215\377\377\377\377\377\377\377\377a.", "\226\377\377\377\377\377\377\377\177a.", "B\377\377\377\377a.",
        "\213\377\377\377\377a.", "T\377\377\377\377a.", "im\nC\n.", "N(K\1\220."})
    void damagedPickles(String pickle) {
        assertThrows(WeightFileException.class, () -> load(pickle));
    }

    /** Extensions, buffers outside the pickle, and the texts of protocol 0, in which no storage can be named. */
    @Test
    void everyOtherOpcodeIsRefused() {
        String unknown = "PSV\202\203\204\227\230";
        String pickle = "()012.BCFGIJKLMNQRTUX]abcdeghijloqprstu}";
        String binary = "\200\201\205\206\207\210\211\212\213\214\215\216\217\220\221\222\223\224\225\226";
        String known = pickle + binary;
        assertEquals(68, unknown.length() + known.length(), "the opcodes of Python's pickle");
        for (char opcode = 0; opcode < 256; opcode++) {
            if (known.indexOf(opcode) < 0) {
                refused(opcode + "", String.format("0x%02x", (int) opcode));
            }
        }
    }

    @Test
    void depthAndRepetitionAreBounded() throws Exception {
        refused("(".repeat(100_000), "nest");
        refused("N".repeat((1 << 22) + 10), "stack");
        refused("N" + "\224".repeat((1 << 22) + 10), "memo");
        refused("N" + "\205".repeat((1 << 20) + 10), "more than 1048576");
        refused("c" + "x".repeat(5000), "longer");
        refused("\213\351\3\0\0" + "\1".repeat(1001) + ".", "1001 bytes");
        // A tuple in a tuple, 100,000 deep, as a key: comparing or hashing it by content would overflow the call stack.
        assertInstanceOf(Map.class, load("})" + "\205".repeat(100_000) + "Ns."));
        // A list that contains itself.
        assertInstanceOf(List.class, load("]q\0h\0a."));
        // A list of 1001 pairs, copied 1000 times.
        StringBuilder copies = new StringBuilder("](](NNeq\1" + "h\1".repeat(1000) + "eq\2");
        for (int i = 0; i < 1000; i++) {
            copies.append("ccollections\nOrderedDict\nh\2\205R");
        }
        refused(copies + ".", "over and over");
    }

    /** The largest of what {@link #depthAndRepetitionAreBounded} refuses. */
    @Test
    void largestOfEachKind() throws Exception {
        assertInstanceOf(Tuple.class, load("(".repeat(1000) + "t".repeat(1000) + "."));
        refused("(".repeat(1001) + "t".repeat(1001) + ".", "nest deeper than 1000");
        assertEquals(new TorchGlobals.Name("m." + "x".repeat(1000)), load("cm\n" + "x".repeat(1000) + "\n."));
        refused("cm\n" + "x".repeat(1001) + "\n.", "longer than 1000 bytes");
        assertEquals(BigInteger.ONE.shiftLeft(8 * 999), load("\213\350\3\0\0" + "\0".repeat(999) + "\1."));
        assertInstanceOf(TorchTensor.class, load(tensor(0, "1 ".repeat(64), "1 ".repeat(64))));
        assertInstanceOf(TorchTensor.class, load(tensor(0, "16777216", "0")));
        assertInstanceOf(UnreadTensor.class, load(tensor(0, "16777217", "0")));
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MAX_VALUE, Long.MAX_VALUE / 4, 1L << 61})
    void storagesOfImpossibleLength(long elements) {
        refused("(U\7storagectorch\nFloatStorage\nU\0010U\3cpu" + number(elements) + "tQ.", "persistent id");
    }
}
