package thaw.engine.io;

import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a pickle of protocols 1 to 5. No code of the file is ever run: a call of any function other than those of
 * {@link TorchGlobals} yields an inert {@link PickledObject}.
 *
 * <p>Python's values become Java's: dict, OrderedDict and defaultdict {@code LinkedHashMap}, list and set
 * {@code ArrayList}, tuple and frozenset {@link Tuple}, int {@code Long} or {@code BigInteger}, float {@code Double}, bool
 * {@code Boolean}, str {@code String}, bytes {@code byte[]}, None {@code null}, a tensor {@link StoredTensor}.
 *
 * <p>Time and memory are bounded by the pickle's length: there is no recursion, values that are referred to twice are
 * shared, and the values that calls take from lists, tuples and names are at most as many as the pickle has bytes.
 */
final class Unpickler {

    /** Resolves a persistent id: the storage, or another object kept outside the pickle, that the pickle refers to by it. */
    @FunctionalInterface
    interface Storages {
        Object load(Object persistentId) throws WeightFileException;
    }

    private static final int DEEPEST_MARKS = 1000;
    private static final int LONGEST_STACK = 1 << 22;
    /** One takes a byte or two of a pickle, and in memory about a hundred. */
    private static final int MOST_CONTAINERS = 1 << 20;
    private static final int LONGEST_LINE = 1000;
    /** Values that calls take beyond the pickle's length, for pickles that consist of little else. */
    private static final int SPARE_COPIES = 1 << 16;
    /** Bound on an integer's bytes; hashing takes time proportional to the length, and no plain value is longer. */
    private static final int LONGEST_INTEGER = 1000;

    private final ByteBuffer in;
    private final ByteBuffer bigEndian;
    private final Storages storages;
    private final List<Object> stack = new ArrayList<>();
    private final List<Integer> marks = new ArrayList<>();
    private final Map<Integer, Object> memo = new HashMap<>();
    private final CharsetDecoder utf8 = StandardCharsets.UTF_8.newDecoder();
    private long copiesLeft;
    private int containers;

    /** @param in read from its position; after {@link #load} its position is behind the pickle */
    Unpickler(ByteBuffer in, Storages storages) {
        this.in = in.order(ByteOrder.LITTLE_ENDIAN);
        this.bigEndian = in.duplicate().order(ByteOrder.BIG_ENDIAN);
        this.storages = storages;
        this.copiesLeft = SPARE_COPIES + (long) in.remaining();
    }

    /**
     * Reads one object, up to the opcode STOP.
     *
     * @throws WeightFileException if the pickle is damaged or uses an opcode or type that is refused
     */
    Object load() throws WeightFileException {
        try {
            while (true) {
                int opcode = in.get() & 0xff;
                if (opcode == '.') {
                    return pop();
                }
                execute(opcode);
                if (stack.size() > LONGEST_STACK || memo.size() > LONGEST_STACK) {
                    throw corrupt("its stack or memo grows beyond " + LONGEST_STACK + " values");
                }
            }
        } catch (BufferUnderflowException e) {
            throw corrupt("it ends in the middle; is the file complete?");
        }
    }

    private void execute(int opcode) throws WeightFileException {
        switch (opcode) {
            case 0x80 -> in.get();                                          // PROTO: the version is not needed
            case 0x95 -> advance(8);                                        // FRAME: the length is not needed
            case 'N' -> push(null);                                         // NONE
            case 0x88 -> push(true);                                        // NEWTRUE
            case 0x89 -> push(false);                                       // NEWFALSE
            case 'J' -> push((long) in.getInt());                           // BININT
            case 'K' -> push((long) (in.get() & 0xff));                     // BININT1
            case 'M' -> push((long) (in.getShort() & 0xffff));              // BININT2
            case 0x8a -> push(integer(bytes(in.get() & 0xff)));             // LONG1
            case 0x8b -> push(integer(bytes(in.getInt() & 0xffff_ffffL)));  // LONG4
            case 'I', 'L' -> push(decimal(line()));                         // INT, LONG
            case 'F' -> push(real(line()));                                 // FLOAT
            case 'G' -> push(bigEndian.getDouble(advance(8)));              // BINFLOAT, the only big-endian number
            case 'X' -> push(text(bytes(in.getInt() & 0xffff_ffffL)));      // BINUNICODE
            case 0x8c, 'U' -> push(text(bytes(in.get() & 0xff)));           // SHORT_BINUNICODE, SHORT_BINSTRING
            case 0x8d -> push(text(bytes(in.getLong())));                   // BINUNICODE8
            case 'T' -> push(text(bytes(in.getInt() & 0xffff_ffffL)));      // BINSTRING
            case 'C' -> push(array(bytes(in.get() & 0xff)));                // SHORT_BINBYTES
            case 'B' -> push(array(bytes(in.getInt() & 0xffff_ffffL)));     // BINBYTES
            case 0x8e, 0x96 -> push(array(bytes(in.getLong())));            // BINBYTES8, BYTEARRAY8
            case ')' -> push(Tuple.EMPTY);                                  // EMPTY_TUPLE
            case ']', 0x8f -> push(new ArrayList<>());                      // EMPTY_LIST, EMPTY_SET
            case '}' -> push(new LinkedHashMap<>());                        // EMPTY_DICT
            case '(' -> mark();                                             // MARK
            case 't', 0x91 -> push(new Tuple(popToMark()));                 // TUPLE, FROZENSET
            case 0x85 -> push(tuple(1));                                    // TUPLE1
            case 0x86 -> push(tuple(2));                                    // TUPLE2
            case 0x87 -> push(tuple(3));                                    // TUPLE3
            case 'l' -> push(popToMark());                                  // LIST
            case 'd' -> dict(new Tuple(popToMark()));                       // DICT
            case 'a' -> append(tuple(1));                                   // APPEND
            case 'e', 0x90 -> append(new Tuple(popToMark()));               // APPENDS, ADDITEMS
            case 's' -> setItems(tuple(2));                                 // SETITEM
            case 'u' -> setItems(new Tuple(popToMark()));                   // SETITEMS
            case '0' -> drop();                                             // POP
            case '1' -> popToMark();                                        // POP_MARK
            case '2' -> push(top());                                        // DUP
            case 'q' -> memo.put(in.get() & 0xff, top());                   // BINPUT
            case 'r' -> memo.put(in.getInt(), top());                       // LONG_BINPUT
            case 'p' -> memo.put(index(line()), top());                     // PUT
            case 0x94 -> memo.put(memo.size(), top());                      // MEMOIZE
            case 'h' -> push(recall(in.get() & 0xff));                      // BINGET
            case 'j' -> push(recall(in.getInt()));                          // LONG_BINGET
            case 'g' -> push(recall(index(line())));                        // GET
            case 'c' -> push(TorchGlobals.find(line(), line()));            // GLOBAL
            case 0x93 -> push(stackGlobal(tuple(2)));                       // STACK_GLOBAL
            case 'R', 0x81 -> push(call());                                 // REDUCE, NEWOBJ
            case 0x92 -> push(callWithKeywords());                          // NEWOBJ_EX
            case 'i' -> push(call(TorchGlobals.find(line(), line()), new Tuple(popToMark())));     // INST
            case 'o' -> push(callTop(popToMark()));                         // OBJ
            case 'b' -> build();                                            // BUILD
            case 'Q' -> push(storages.load(pop()));                         // BINPERSID
            default -> throw corrupt(String.format("opcode 0x%02x is not supported; save with torch.save, which writes protocol"
                    + " 2 by default, and without a pickle_module of your own", opcode));
        }
    }

    private Object call() throws WeightFileException {
        Tuple args = value(pop(), Tuple.class, "a tuple of arguments");
        return call(pop(), args);
    }

    private Object callWithKeywords() throws WeightFileException {
        value(pop(), Map.class, "a dict of keyword arguments");
        return call();
    }

    private Object callTop(List<Object> items) throws WeightFileException {
        if (items.isEmpty()) {
            throw corrupt("a class is expected");
        }
        return call(items.get(0), new Tuple(items.subList(1, items.size())));
    }

    private Object call(Object callable, Tuple args) throws WeightFileException {
        if (callable instanceof TorchGlobals.Name || callable instanceof PickledObject) {
            return new PickledObject(TorchGlobals.typeName(callable), args);
        }
        TorchGlobals.Function function = value(callable, TorchGlobals.Function.class, "a function that may be called");
        for (Object arg : args.items()) {
            copy(arg instanceof List<?> list ? list.size() : arg instanceof Tuple tuple ? 1 + tuple.size() : 0);
        }
        return function.call(args);
    }

    /** Counts values that are taken from a list, tuple or text to which the pickle can refer by two bytes. */
    private void copy(int values) throws WeightFileException {
        copiesLeft -= values;
        if (copiesLeft < 0) {
            throw corrupt("it copies its values over and over, beyond its own length");
        }
    }

    private Object stackGlobal(Tuple names) throws WeightFileException {
        String module = value(names.get(0), String.class, "a module's name");
        String name = value(names.get(1), String.class, "a global's name");
        copy(module.length() + name.length());
        return TorchGlobals.find(module, name);
    }

    /**
     * Handles BUILD. The state of an OrderedDict (the modules' versions) and that of a tensor (whether it has a gradient)
     * are ignored.
     */
    private void build() throws WeightFileException {
        Object state = pop();
        if (top() instanceof PickledObject object) {
            object.setState(state);
        } else if (top() instanceof StoredTensor && state instanceof Tuple parts && parts.size() > 3) {
            throw corrupt("a state would replace a tensor's values by other numbers");
        } else if (!(top() instanceof StoredTensor)) {
            value(top(), Map.class, "an object whose state may be set");
        }
    }

    private void append(Tuple items) throws WeightFileException {
        if (top() instanceof PickledObject) {
            return;     // an instance of a class that extends list or set; no tensor is made from one
        }
        @SuppressWarnings("unchecked")
        List<Object> list = value(top(), ArrayList.class, "a list to append to");
        for (int i = 0; i < items.size(); i++) {
            list.add(items.get(i));
        }
    }

    private void dict(Tuple items) throws WeightFileException {
        push(new LinkedHashMap<>());
        setItems(items);
    }

    private void setItems(Tuple items) throws WeightFileException {
        @SuppressWarnings("unchecked")
        Map<Object, Object> dict = top() instanceof PickledObject object ? object.growingItems()
                : value(top(), LinkedHashMap.class, "a dict to set items of");
        if (items.size() % 2 != 0) {
            throw corrupt("a dict's key has no value");
        }
        for (int i = 0; i < items.size(); i += 2) {
            TorchGlobals.put(dict, items.get(i), items.get(i + 1));
        }
    }

    private void push(Object o) throws WeightFileException {
        boolean isContainer = o instanceof Tuple || o instanceof List || o instanceof Map || o instanceof PickledObject;
        if (isContainer && ++containers > MOST_CONTAINERS) {
            throw corrupt("it has more than " + MOST_CONTAINERS + " tuples, lists, dicts and objects, far more than weights need");
        }
        stack.add(o);
    }

    private Object pop() throws WeightFileException {
        Object o = top();
        stack.remove(stack.size() - 1);
        return o;
    }

    /** Handles POP, which removes a mark if that is on top of the stack. */
    private void drop() throws WeightFileException {
        if (!marks.isEmpty() && marks.get(marks.size() - 1) == stack.size()) {
            marks.remove(marks.size() - 1);
        } else {
            pop();
        }
    }

    /** The value on top of the stack; values below the last mark are inaccessible until the mark is removed. */
    private Object top() throws WeightFileException {
        int floor = marks.isEmpty() ? 0 : marks.get(marks.size() - 1);
        if (stack.size() <= floor) {
            throw corrupt("a value is missing on its stack");
        }
        return stack.get(stack.size() - 1);
    }

    private void mark() throws WeightFileException {
        if (marks.size() == DEEPEST_MARKS) {
            throw corrupt("its containers nest deeper than " + DEEPEST_MARKS);
        }
        marks.add(stack.size());
    }

    private List<Object> popToMark() throws WeightFileException {
        if (marks.isEmpty()) {
            throw corrupt("a mark is missing on its stack");
        }
        return take(marks.remove(marks.size() - 1));
    }

    private Tuple tuple(int n) throws WeightFileException {
        int floor = marks.isEmpty() ? 0 : marks.get(marks.size() - 1);
        if (stack.size() - floor < n) {
            throw corrupt("a value is missing on its stack");
        }
        return new Tuple(take(stack.size() - n));
    }

    private List<Object> take(int from) {
        List<Object> tail = stack.subList(from, stack.size());
        List<Object> taken = new ArrayList<>(tail);
        tail.clear();
        return taken;
    }

    private Object recall(int index) throws WeightFileException {
        if (!memo.containsKey(index)) {
            throw corrupt("it refers to value " + Integer.toUnsignedString(index) + ", which it never stored");
        }
        return memo.get(index);
    }

    private int advance(int n) {
        int at = in.position();
        if (in.remaining() < n) {
            throw new BufferUnderflowException();
        }
        in.position(at + n);
        return at;
    }

    /** A view of the next bytes, so that a false length allocates nothing. */
    private ByteBuffer bytes(long n) {
        if (n < 0 || n > in.remaining()) {
            throw new BufferUnderflowException();
        }
        return in.slice(advance((int) n), (int) n);
    }

    private static byte[] array(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return copy;
    }

    /** Reads the text up to the end of the line. */
    private String line() throws WeightFileException {
        int begin = in.position();
        while (in.get() != '\n') {
            if (in.position() - begin > LONGEST_LINE) {
                throw corrupt("a name is longer than " + LONGEST_LINE + " bytes");
            }
        }
        return text(in.slice(begin, in.position() - 1 - begin));
    }

    private String text(ByteBuffer bytes) throws WeightFileException {
        try {
            return utf8.decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw corrupt("a text is not UTF-8");
        }
    }

    /** Converts little-endian two's complement. */
    private Object integer(ByteBuffer bytes) throws WeightFileException {
        if (bytes.remaining() > LONGEST_INTEGER) {
            throw corrupt("an integer has " + bytes.remaining() + " bytes; up to " + LONGEST_INTEGER + " are read");
        }
        byte[] bigEndian = new byte[bytes.remaining()];
        for (int i = bigEndian.length - 1; i >= 0; i--) {
            bigEndian[i] = bytes.get();
        }
        return small(bigEndian.length == 0 ? BigInteger.ZERO : new BigInteger(bigEndian));
    }

    private static Object small(BigInteger n) {
        return n.bitLength() < Long.SIZE ? (Object) n.longValue() : n;
    }

    /** Converts decimal digits, with a trailing L for a long of Python 2; protocol 1 writes False and True as 00 and 01. */
    private Object decimal(String digits) throws WeightFileException {
        if (digits.equals("00") || digits.equals("01")) {
            return digits.equals("01");
        }
        try {
            return small(new BigInteger(digits.endsWith("L") ? digits.substring(0, digits.length() - 1) : digits));
        } catch (NumberFormatException e) {
            throw corrupt("an integer is expected, but there is " + WeightFileException.quote(digits));
        }
    }

    private Double real(String digits) throws WeightFileException {
        try {
            return switch (digits) {
                case "inf" -> Double.POSITIVE_INFINITY;
                case "-inf" -> Double.NEGATIVE_INFINITY;
                case "nan" -> Double.NaN;
                default -> Double.valueOf(digits);
            };
        } catch (NumberFormatException e) {
            throw corrupt("a number is expected, but there is " + WeightFileException.quote(digits));
        }
    }

    private int index(String digits) throws WeightFileException {
        try {
            return Integer.parseInt(digits);
        } catch (NumberFormatException e) {
            throw corrupt("an index into the memo is expected, but there is " + WeightFileException.quote(digits));
        }
    }

    private <T> T value(Object o, Class<T> type, String expected) throws WeightFileException {
        if (!type.isInstance(o)) {
            throw corrupt(expected + " is expected");
        }
        return type.cast(o);
    }

    private WeightFileException corrupt(String what) {
        return new WeightFileException("damaged pickle at byte " + in.position() + ": " + what);
    }
}
