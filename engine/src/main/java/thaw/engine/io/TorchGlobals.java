package thaw.engine.io;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The names that a checkpoint's pickle may refer to, and what each stands for here. A pickle can name any function of any
 * installed Python package and have it called; these few make tensors and plain containers, and whatever is not among them
 * is refused.
 */
final class TorchGlobals {

    /** The class of a storage; the dtype is null for untyped ones. */
    record StorageType(DType dtype) {
    }

    /** A class that is passed on but never made: {@code torch.Tensor} as the type of a rebuilt tensor. */
    record ClassName(String name) {
    }

    /** What a global does when it's called with the arguments of REDUCE or NEWOBJ. */
    @FunctionalInterface
    interface Function {
        Object call(Tuple args) throws UnpicklingException;
    }

    private static final Map<String, StorageType> STORAGES = Map.ofEntries(
            Map.entry("FloatStorage", new StorageType(DType.F32)), Map.entry("DoubleStorage", new StorageType(DType.F64)),
            Map.entry("HalfStorage", new StorageType(DType.F16)), Map.entry("BFloat16Storage", new StorageType(DType.BF16)),
            Map.entry("LongStorage", new StorageType(DType.I64)), Map.entry("IntStorage", new StorageType(DType.I32)),
            Map.entry("ShortStorage", new StorageType(DType.I16)), Map.entry("CharStorage", new StorageType(DType.I8)),
            Map.entry("ByteStorage", new StorageType(DType.U8)), Map.entry("BoolStorage", new StorageType(DType.BOOL)),
            Map.entry("UntypedStorage", new StorageType(null)));

    private static final Function PARAMETER = args -> tensor(args, 0);

    private static final Map<String, Function> FUNCTIONS = Map.ofEntries(
            Map.entry("collections.OrderedDict", TorchGlobals::orderedDict),
            // Counters, sizes, sets and byte strings are plain values that no weight depends on: they stand for their content.
            Map.entry("collections.Counter", TorchGlobals::content),
            Map.entry("torch.Size", TorchGlobals::content),
            Map.entry("torch.device", TorchGlobals::content),
            Map.entry("builtins.set", TorchGlobals::content),
            Map.entry("__builtin__.set", TorchGlobals::content),
            Map.entry("builtins.bytearray", TorchGlobals::content),
            Map.entry("__builtin__.bytearray", TorchGlobals::content),
            Map.entry("_codecs.encode", TorchGlobals::content),
            Map.entry("torch._utils._rebuild_tensor", args -> rebuild(args, null)),
            Map.entry("torch._utils._rebuild_tensor_v2", args -> rebuild(args, null)),
            Map.entry("torch._utils._rebuild_tensor_v3", args -> rebuild(args, argument(args, 6, DType.class, "a dtype"))),
            Map.entry("torch._utils._rebuild_parameter", PARAMETER),
            Map.entry("torch._utils._rebuild_parameter_with_state", PARAMETER),
            Map.entry("torch.nn.parameter.Parameter", PARAMETER),
            Map.entry("torch._tensor._rebuild_from_type_v2", TorchGlobals::rebuildFromType));

    private TorchGlobals() {
    }

    /**
     * What the name stands for: a {@link Function}, {@link StorageType}, {@link ClassName} or {@link DType}.
     *
     * @throws UnpicklingException if it's none of those that weights need
     */
    static Object find(String module, String name) throws UnpicklingException {
        Object found = FUNCTIONS.get(module + "." + name);
        if (found == null && (module.equals("torch") || module.equals("torch.cuda") || module.equals("torch.storage"))) {
            found = STORAGES.get(name);
        }
        if (found == null && module.equals("torch")) {
            found = name.equals("Tensor") ? new ClassName(name) : DType.ofTorch(name);
        }
        if (found != null) {
            return found;
        }
        String global = WeightFileException.quote(module + "." + name);
        if (module.equals("torch") || module.equals("torch._utils")) {
            throw new UnpicklingException(global + " is a kind of tensor or value that is not read; save dense tensors of"
                    + " float, integer or bool type only");
        }
        throw new UnpicklingException("the global " + global + " is refused: a pickle can run any code that it names, so"
                + " only tensors, OrderedDict and plain values are loaded. If you trust the file, load it in Python and save"
                + " only its weights: torch.save(model.state_dict(), \"weights.pth\")");
    }

    private static Object content(Tuple args) {
        return args.size() == 0 ? Tuple.EMPTY : args.get(0);
    }

    /** Called without arguments, or, in files from Python 2, with a list of pairs. */
    private static Object orderedDict(Tuple args) throws UnpicklingException {
        Map<Object, Object> dict = new LinkedHashMap<>();
        if (args.size() > 0) {
            for (Object item : argument(args, 0, List.class, "a list of pairs")) {
                if (!(item instanceof List<?> pair) || pair.size() != 2) {
                    throw new UnpicklingException("OrderedDict: a list of pairs is expected");
                }
                dict.put(Unpickler.key(pair.get(0)), pair.get(1));
            }
        }
        return dict;
    }

    /** {@code (storage, offset, size, stride, …)}; what follows concerns gradients and hooks. */
    private static Object rebuild(Tuple args, DType given) throws UnpicklingException {
        TorchStorage storage = argument(args, 0, TorchStorage.class, "a storage");
        DType dtype = given != null ? given : storage.dtype();
        if (dtype == null) {
            throw new UnpicklingException("a tensor in an untyped storage lacks its dtype");
        }
        return TorchTensor.of(storage, dtype, argument(args, 1, Long.class, "an offset"), numbers(args, 2), numbers(args, 3));
    }

    /** {@code (function, type, args, state)}: a tensor with attributes of its own, which are left out. */
    private static Object rebuildFromType(Tuple args) throws UnpicklingException {
        Function function = argument(args, 0, Function.class, "a function");
        Object rebuilt = function.call(argument(args, 2, Tuple.class, "a tuple"));
        return tensor(new Tuple(List.of(rebuilt)), 0);
    }

    private static TorchTensor tensor(Tuple args, int i) throws UnpicklingException {
        return argument(args, i, TorchTensor.class, "a tensor");
    }

    private static long[] numbers(Tuple args, int i) throws UnpicklingException {
        Tuple tuple = argument(args, i, Tuple.class, "a tuple of numbers");
        if (tuple.size() > 64) {
            throw new UnpicklingException("a tensor of " + tuple.size() + " dimensions; PyTorch has 64 at most");
        }
        long[] numbers = new long[tuple.size()];
        for (int k = 0; k < numbers.length; k++) {
            numbers[k] = argument(tuple, k, Long.class, "a number");
        }
        return numbers;
    }

    private static <T> T argument(Tuple args, int i, Class<T> type, String expected) throws UnpicklingException {
        if (i >= args.size() || !type.isInstance(args.get(i))) {
            throw new UnpicklingException("a function is called with wrong arguments: " + expected + " is expected at place "
                    + i + "; the file is damaged or crafted");
        }
        return type.cast(args.get(i));
    }
}
