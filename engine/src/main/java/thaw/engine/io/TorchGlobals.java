package thaw.engine.io;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The Python names that a checkpoint's pickle may refer to, and their meaning here. A pickle can name any function of any
 * installed Python package and have it called. The few functions here make tensors and plain containers; any other name
 * stays a {@link Name}, and a call to it yields an inert {@link PickledObject}.
 */
final class TorchGlobals {

    /**
     * The class of a storage.
     *
     * @param dtype       null for untyped storages, and for types that are not read
     * @param elementSize bytes per element; the elements of an untyped storage are bytes
     */
    record StorageType(String name, DType dtype, int elementSize) {
    }

    /** The name of an unknown class or function; kept as a name and never looked up. */
    record Name(String name) {
    }

    /** A global that can be called, with the arguments of the pickle opcodes REDUCE and NEWOBJ. */
    @FunctionalInterface
    interface Function {
        Object call(Tuple args) throws WeightFileException;
    }

    /** Keys of equal content are compared to their ends, and two bytes of a pickle can refer to one. */
    private static final int LONGEST_KEY = 10_000;

    private static final Map<String, StorageType> STORAGES = storages();

    private static final Function PARAMETER = args -> tensor(args, 0);

    private static final Map<String, Function> REBUILDS = Map.of(
            "torch._utils._rebuild_tensor", args -> rebuild(args, -1),
            "torch._utils._rebuild_tensor_v2", args -> plain(args, 6, rebuild(args, -1)),
            "torch._utils._rebuild_tensor_v3", args -> plain(args, 7, rebuild(args, 6)),
            "torch._utils._rebuild_parameter", PARAMETER,
            "torch._utils._rebuild_parameter_with_state", PARAMETER,
            "torch.nn.parameter.Parameter", PARAMETER,
            "torch.nn.parameter.Buffer", PARAMETER);

    private static final Map<String, Function> FUNCTIONS = Map.ofEntries(
            Map.entry("torch._tensor._rebuild_from_type_v2", TorchGlobals::rebuildFromType),
            Map.entry("collections.OrderedDict", TorchGlobals::orderedDict),
            Map.entry("collections.defaultdict", args -> new LinkedHashMap<>()),
            // Counters, sizes, sets and byte strings are plain values that no weight depends on; their content stands for them.
            Map.entry("collections.Counter", TorchGlobals::content),
            Map.entry("torch.Size", TorchGlobals::content),
            Map.entry("torch.device", TorchGlobals::content),
            Map.entry("builtins.set", TorchGlobals::content),
            Map.entry("__builtin__.set", TorchGlobals::content),
            Map.entry("builtins.bytearray", TorchGlobals::content),
            Map.entry("__builtin__.bytearray", TorchGlobals::content),
            Map.entry("_codecs.encode", TorchGlobals::content),
            Map.entry("copyreg._reconstructor", TorchGlobals::reconstruct),
            Map.entry("copy_reg._reconstructor", TorchGlobals::reconstruct),
            Map.entry("numpy.core.multiarray.scalar", NumPyScalar::of),
            Map.entry("numpy._core.multiarray.scalar", NumPyScalar::of));

    private static final Set<String> STORAGE_MODULES = Set.of("torch", "torch.cuda", "torch.storage");

    private TorchGlobals() {
    }

    private static Map<String, StorageType> storages() {
        Map<String, StorageType> types = new LinkedHashMap<>();
        Map.ofEntries(Map.entry("Float", DType.F32), Map.entry("Double", DType.F64), Map.entry("Half", DType.F16),
                Map.entry("BFloat16", DType.BF16), Map.entry("Long", DType.I64), Map.entry("Int", DType.I32),
                Map.entry("Short", DType.I16), Map.entry("Char", DType.I8), Map.entry("Byte", DType.U8),
                Map.entry("Bool", DType.BOOL)).forEach(
                        (name, dtype) -> types.put(name + "Storage",
                                new StorageType(name + "Storage", dtype, dtype.size())));
        Map.of("Untyped", 1, "ComplexFloat", 8, "ComplexDouble", 16, "QInt8", 1, "QUInt8", 1, "QInt32", 4, "QUInt4x2", 1,
                "QUInt2x4", 1).forEach(
                        (name, size) -> types.put(name + "Storage",
                                new StorageType(name + "Storage", null, size)));
        return types;
    }

    /** The meaning of a name: a {@link Function}, {@link StorageType} or {@link DType}, or else a {@link Name}. */
    static Object find(String module, String name) {
        String global = module + "." + name;
        Object found = FUNCTIONS.get(global);
        if (found == null) {
            found = REBUILDS.get(global);
        }
        if (found == null && STORAGE_MODULES.contains(module)) {
            found = STORAGES.get(name);
        }
        if (found == null && module.equals("torch")) {
            found = DType.ofTorch(name);
        }
        if (found == null && global.startsWith("torch._utils._rebuild_")) {
            found = (Function) args -> unread(() -> "is made by " + WeightFileException.quote(global) + ", a kind of tensor that is"
                    + " not read; save dense tensors of float, integer or bool type only");
        }
        return found != null ? found : new Name(global);
    }

    private static Object content(Tuple args) {
        return args.size() == 0 ? Tuple.EMPTY : args.get(0);
    }

    /**
     * Puts an item into a dict, if its key is a text. No item under another key is looked up, and values of several classes with
     * one hash, which a file can choose, would make each access as slow as a search through all of them.
     */
    static void put(Map<Object, Object> dict, Object key, Object value) throws WeightFileException {
        if (key instanceof List || key instanceof Map) {
            throw new WeightFileException("damaged pickle: a list or dict is the key of a dict");
        }
        if (key instanceof String text) {
            if (text.length() > LONGEST_KEY) {
                throw new WeightFileException("damaged pickle: a dict's key has " + text.length() + " characters; up to "
                        + LONGEST_KEY + " are read");
            }
            dict.put(text, value);
        }
    }

    /** Makes an OrderedDict; the call has no arguments or, in files from Python 2, a list of pairs. */
    private static Object orderedDict(Tuple args) throws WeightFileException {
        Map<Object, Object> dict = new LinkedHashMap<>();
        if (args.size() > 0) {
            for (Object item : argument(args, 0, List.class, "a list of pairs")) {
                if (!(item instanceof List<?> pair) || pair.size() != 2) {
                    throw new WeightFileException("OrderedDict: a list of pairs is expected");
                }
                put(dict, pair.get(0), pair.get(1));
            }
        }
        return dict;
    }

    /** Handles {@code (class, base, value)}, by which protocols 0 and 1 make an object. */
    private static Object reconstruct(Tuple args) {
        return new PickledObject(args.size() > 0 ? typeName(args.get(0)) : "object", args);
    }

    /** Handles {@code (storage, offset, size, stride, …)}; the rest are gradient flags, hooks and, in one version, a dtype. */
    private static StoredTensor rebuild(Tuple args, int dtypeAt) throws WeightFileException {
        if (args.size() > 0 && args.get(0) instanceof PickledObject inert) {
            return madeBy(inert.type());
        }
        TorchStorage storage = argument(args, 0, TorchStorage.class, "a storage");
        if (dtypeAt >= 0 && dtypeAt < args.size() && args.get(dtypeAt) instanceof Name dtype) {
            return UnreadTensor.because(() -> "is of type " + WeightFileException.quote(dtype.name())
                    + ", which is not read; convert it to float32 first", null, TorchTensor.shape(numbers(args, 2)));
        }
        long offset = argument(args, 1, Long.class, "an offset");
        return dtypeAt < 0 ? tensor(storage, offset, numbers(args, 2), numbers(args, 3)) : TorchTensor.of(storage,
                argument(args, dtypeAt, DType.class, "a dtype"), offset, numbers(args, 2), numbers(args, 3));
    }

    /** Refuses a tensor if the optional last argument marks it as the negative or conjugate of the stored values. */
    private static StoredTensor plain(Tuple args, int metadataAt, StoredTensor tensor) {
        return metadataAt < args.size() && args.get(metadataAt) instanceof Map<?, ?> metadata
                && (Boolean.TRUE.equals(metadata.get("neg")) || Boolean.TRUE.equals(metadata.get("conj")))
                        ? unread(() -> "is a lazy negative or conjugate, which is not read; save it with .resolve_neg().resolve_conj()")
                        : tensor;
    }

    /** A tensor of its storage's element type. */
    static StoredTensor tensor(TorchStorage storage, long offset, long[] size, long[] strides) throws WeightFileException {
        if (storage.type().dtype() == null) {
            return UnreadTensor.because(() -> "lies in a " + storage.type().name() + ", whose type is not read; save dense"
                    + " tensors of float, integer or bool type only", null, TorchTensor.shape(size));
        }
        return TorchTensor.of(storage, storage.type().dtype(), offset, size, strides);
    }

    /** Handles {@code (function, type, args, state)}: a tensor with attributes of its own, which are ignored. */
    private static Object rebuildFromType(Tuple args) throws WeightFileException {
        if (args.size() > 0 && args.get(0) instanceof Name unknown) {
            return madeBy(unknown.name());
        }
        Function function = argument(args, 0, Function.class, "a function");
        if (FUNCTIONS.containsValue(function)) {
            throw new WeightFileException("a tensor is made by a function that returns none; the file is damaged or crafted");
        }
        return tensor(new Tuple(List.of(function.call(argument(args, 2, Tuple.class, "a tuple")))), 0);
    }

    private static StoredTensor tensor(Tuple args, int i) throws WeightFileException {
        return args.size() > i && args.get(i) instanceof PickledObject inert ? madeBy(inert.type())
                : argument(args, i, StoredTensor.class, "a tensor");
    }

    /** The placeholder for a tensor that only a function named by the file could make. */
    static UnreadTensor madeBy(String global) {
        return unread(() -> "is made by " + WeightFileException.quote(global) + ", which is not run, because a pickle can run"
                + " any code. If you trust the file, load it in Python and save only its weights:"
                + " torch.save(model.state_dict(), \"weights.pth\")");
    }

    private static UnreadTensor unread(Supplier<String> reason) {
        return UnreadTensor.because(reason, null, null);
    }

    /** The name of the class or function that a callable stands for. */
    static String typeName(Object callable) {
        return callable instanceof Name unknown ? unknown.name()
                : callable instanceof PickledObject made ? made.type() : "function";
    }

    private static long[] numbers(Tuple args, int i) throws WeightFileException {
        Tuple tuple = argument(args, i, Tuple.class, "a tuple of numbers");
        if (tuple.size() > 64) {
            throw new WeightFileException("a tensor of " + tuple.size() + " dimensions; PyTorch allows at most 64");
        }
        long[] numbers = new long[tuple.size()];
        for (int k = 0; k < numbers.length; k++) {
            numbers[k] = argument(tuple, k, Long.class, "a number");
        }
        return numbers;
    }

    private static <T> T argument(Tuple args, int i, Class<T> type, String expected) throws WeightFileException {
        if (i >= args.size() || !type.isInstance(args.get(i))) {
            throw new WeightFileException("a function is called with wrong arguments: " + expected + " is expected as argument "
                    + i + "; the file is damaged or crafted");
        }
        return type.cast(args.get(i));
    }
}
