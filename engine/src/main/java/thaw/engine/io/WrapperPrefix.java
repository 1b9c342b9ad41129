package thaw.engine.io;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** The parts of names in a state dict that come from modules wrapped around a model, or around parts of it. */
final class WrapperPrefix {

    /** {@code DataParallel}, {@code DistributedDataParallel} and {@code AveragedModel}: removed if all names begin with it. */
    private static final String MODULE = "module.";

    /** {@code torch.compile}, FSDP, and PyTorch's wrapper for checkpointing: names reserved by PyTorch. */
    private static final Pattern RESERVED = Pattern.compile(
            "(?<![^.])(_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\\.");

    /** A counter of {@code AveragedModel}, stored beside the wrapped model's names. */
    private static final String AVERAGED = "n_averaged";

    private WrapperPrefix() {
    }

    /** Removes them; wrappers can be nested. If two names would become equal, all stay as they are. */
    static Weights strip(Weights weights) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        weights.forEach((name, tensor) -> tensors.put(RESERVED.matcher(name).replaceAll(""), tensor));
        if (tensors.size() < weights.size()) {
            return weights;
        }
        StoredTensor averaged = tensors.remove(AVERAGED);
        int length = length(tensors.keySet());
        if (length == 0 && averaged != null) {
            tensors.put(AVERAGED, averaged);
        }
        Map<String, StoredTensor> stripped = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> stripped.put(name.substring(length), tensor));
        Map<String, String> metadata = new LinkedHashMap<>(weights.metadata());
        if (length > 0 && averaged != null && averaged.shape().size() == 1 && !averaged.dtype().isFloating()) {
            metadata.put(AVERAGED, Long.toString(averaged.toLongs()[0]));
        }
        return Weights.of(stripped, metadata, weights.key(), weights.otherKeys());
    }

    private static int length(Set<String> names) {
        int length = 0;
        while (!names.isEmpty() && all(names, length)) {
            length += MODULE.length();
        }
        return length;
    }

    private static boolean all(Set<String> names, int at) {
        return names.stream().allMatch(name -> name.startsWith(MODULE, at));
    }
}
