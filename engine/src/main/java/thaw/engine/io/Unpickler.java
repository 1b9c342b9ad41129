package thaw.engine.io;

import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a pickle of protocol 2 that holds weights: the 34 opcodes that PyTorch's own {@code weights_only} mode knows, and
 * the globals of {@link TorchGlobals}. Nothing of the file is ever run.
 *
 * <p>Python's values become Java's: dict and OrderedDict {@code LinkedHashMap}, list {@code ArrayList}, tuple
 * {@link Tuple}, int {@code Long} or {@code BigInteger}, float {@code Double}, bool {@code Boolean}, str {@code String},
 * None {@code null}, a tensor {@link TorchTensor}.
 *
 * <p>Work and memory are bounded by the pickle's length: there's no recursion, what is referred to twice is shared, and
 * containers with many elements can be copied only as often as the length allows.
 */
final class Unpickler {

    /** Makes a storage from the tuple by which a pickle refers to it. */
    @FunctionalInterface
    interface Storages {
        TorchStorage load(Tuple persistentId) throws WeightFileException;
    }

    private static final int DEEPEST_MARKS = 1000;
    private static final int LONGEST_STACK = 1 << 22;
    private static final int LONGEST_NAME = 1000;

    private final ByteBuffer in;
    private final ByteBuffer bigEndian;
    private final Storages storages;
    private final List<Object> stack = new ArrayList<>();
    private final List<Integer> marks = new ArrayList<>();
    private final Map<Integer, Object> memo = new HashMap<>();
    private long copiesLeft;

    /** @param in from its position; after {@link #load} it stands behind the pickle */
    Unpickler(ByteBuffer in, Storages storages) {
        this.in = in.order(ByteOrder.LITTLE_ENDIAN);
        this.bigEndian = in.duplicate().order(ByteOrder.BIG_ENDIAN);
        this.storages = storages;
        this.copiesLeft = in.remaining();
    }

    /**
     * Reads one object, to STOP.
     *
     * @throws UnpicklingException if the pickle is damaged or asks for what is refused
     */
    Object load() throws WeightFileException {
        try {
            while (true) {
                int opcode = in.get() & 0xff;
                if (opcode == '.') {
                    return pop();
                }
                execute(opcode);
                if (stack.size() > LONGEST_STACK) {
                    throw corrupt("its stack grows beyond " + LONGEST_STACK + " values");
                }
            }
        } catch (BufferUnderflowException e) {
            throw corrupt("it ends in the middle; is the file complete?");
        }
    }

    private void execute(int opcode) throws WeightFileException {
        switch (opcode) {
            case 0x80 -> in.get();                                          // PROTO: opcodes tell what is needed
            case 'N' -> push(null);                                         // NONE
            case 0x88 -> push(true);                                        // NEWTRUE
            case 0x89 -> push(false);                                       // NEWFALSE
            case 'J' -> push((long) in.getInt());                           // BININT
            case 'K' -> push((long) (in.get() & 0xff));                     // BININT1
            case 'M' -> push((long) (in.getShort() & 0xffff));              // BININT2
            case 0x8a -> push(integer(bytes(in.get() & 0xff)));             // LONG1
            case 'G' -> push(bigEndian.getDouble(advance(8)));              // BINFLOAT, the one big-endian number
            case 'X' -> push(text(bytes(in.getInt() & 0xffff_ffffL)));      // BINUNICODE
            case 'U' -> push(text(bytes(in.get() & 0xff)));                 // SHORT_BINSTRING
            case ')', 0x8f -> push(Tuple.EMPTY);                            // EMPTY_TUPLE, EMPTY_SET
            case ']' -> push(new ArrayList<>());                            // EMPTY_LIST
            case '}' -> push(new LinkedHashMap<>());                        // EMPTY_DICT
            case '(' -> mark();                                             // MARK
            case 't' -> push(new Tuple(popToMark()));                       // TUPLE
            case 0x85 -> push(tuple(1));                                    // TUPLE1
            case 0x86 -> push(tuple(2));                                    // TUPLE2
            case 0x87 -> push(tuple(3));                                    // TUPLE3
            case 'a' -> append(tuple(1));                                   // APPEND
            case 'e' -> append(new Tuple(popToMark()));                     // APPENDS
            case 's' -> setItems(tuple(2));                                 // SETITEM
            case 'u' -> setItems(new Tuple(popToMark()));                   // SETITEMS
            case 'q' -> memo.put(in.get() & 0xff, top());                   // BINPUT
            case 'r' -> memo.put(in.getInt(), top());                       // LONG_BINPUT
            case 'h' -> push(recall(in.get() & 0xff));                      // BINGET
            case 'j' -> push(recall(in.getInt()));                          // LONG_BINGET
            case 'c' -> push(TorchGlobals.find(line(), line()));            // GLOBAL
            case 'R', 0x81 -> push(call());                                 // REDUCE, NEWOBJ
            case 'b' -> build();                                            // BUILD
            case 'Q' -> push(storages.load(value(pop(), Tuple.class, "a persistent id that is a tuple")));  // BINPERSID
            default -> throw corrupt(String.format("opcode 0x%02x is none of those that weights need; torch.save writes"
                    + " protocol 2, without pickle_protocol or a pickle_module of one's own", opcode));
        }
    }

    /** A key of a dict: what hashing handles in one step. */
    static Object key(Object o) throws UnpicklingException {
        if (o instanceof List || o instanceof Map) {
            throw new UnpicklingException("damaged pickle: a list or dict is the key of a dict");
        }
        return o;
    }

    private Object call() throws WeightFileException {
        Tuple args = value(pop(), Tuple.class, "a tuple of arguments");
        TorchGlobals.Function function = value(pop(), TorchGlobals.Function.class, "a function that may be called");
        if (args.size() > 0 && args.get(0) instanceof List<?> copied) {
            copiesLeft -= copied.size();
            if (copiesLeft < 0) {
                throw corrupt("it copies its lists over and over");
            }
        }
        return function.call(args);
    }

    /** The state of an OrderedDict is the modules' versions, and nothing here depends on them. */
    private void build() throws WeightFileException {
        pop();
        value(top(), Map.class, "OrderedDict, the only object whose state is set");
    }

    @SuppressWarnings("unchecked")
    private void append(Tuple items) throws WeightFileException {
        List<Object> list = value(top(), ArrayList.class, "a list to append to");
        for (int i = 0; i < items.size(); i++) {
            list.add(items.get(i));
        }
    }

    @SuppressWarnings("unchecked")
    private void setItems(Tuple items) throws WeightFileException {
        Map<Object, Object> dict = value(top(), LinkedHashMap.class, "a dict to set items of");
        if (items.size() % 2 != 0) {
            throw corrupt("a key lacks its value");
        }
        for (int i = 0; i < items.size(); i += 2) {
            dict.put(key(items.get(i)), items.get(i + 1));
        }
    }

    private void push(Object o) {
        stack.add(o);
    }

    private Object pop() throws WeightFileException {
        Object o = top();
        stack.remove(stack.size() - 1);
        return o;
    }

    /** The last value; those below a mark are out of reach until the mark is taken. */
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

    /** A view, so that a length is believed only as far as there are bytes. */
    private ByteBuffer bytes(long n) {
        if (n > in.remaining()) {
            throw new BufferUnderflowException();
        }
        return in.slice(advance((int) n), (int) n);
    }

    /** A name of GLOBAL, to the end of its line. */
    private String line() throws WeightFileException {
        int begin = in.position();
        while (in.get() != '\n') {
            if (in.position() - begin > LONGEST_NAME) {
                throw corrupt("a global's name is longer than " + LONGEST_NAME + " bytes");
            }
        }
        return text(in.slice(begin, in.position() - 1 - begin));
    }

    private String text(ByteBuffer utf8) throws WeightFileException {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
        } catch (CharacterCodingException e) {
            throw corrupt("a text is not UTF-8");
        }
    }

    /** Two's complement, little-endian. */
    private static Object integer(ByteBuffer bytes) {
        byte[] bigEndian = new byte[bytes.remaining()];
        for (int i = bigEndian.length - 1; i >= 0; i--) {
            bigEndian[i] = bytes.get();
        }
        BigInteger n = bigEndian.length == 0 ? BigInteger.ZERO : new BigInteger(bigEndian);
        return n.bitLength() < Long.SIZE ? (Object) n.longValue() : n;
    }

    private <T> T value(Object o, Class<T> type, String expected) throws WeightFileException {
        if (!type.isInstance(o)) {
            throw corrupt(expected + " is expected");
        }
        return type.cast(o);
    }

    private UnpicklingException corrupt(String what) {
        return new UnpicklingException("damaged pickle at byte " + in.position() + ": " + what);
    }
}
