package thaw.engine.io;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** What modules wrapped around a model, or around parts of it, put into the names in its state dict. */
final class WrapperPrefix {

    /** {@code DataParallel}, {@code DistributedDataParallel} and {@code AveragedModel}: taken off where all names begin so. */
    private static final String MODULE = "module.";

    /** {@code torch.compile}, FSDP, and PyTorch's wrapper for checkpointing: no module of one's own is called so. */
    private static final Pattern RESERVED = Pattern.compile(
            "(?<![^.])(_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\\.");

    /** {@code AveragedModel}'s own counter, which stands beside the wrapped model's names. */
    private static final String AVERAGED = "n_averaged";

    private WrapperPrefix() {
    }

    /** Takes them off; wrappers nest. Where two names would become one, all stay as they are. */
    static Weights strip(Weights weights) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        weights.tensors().forEach((name, tensor) -> tensors.put(RESERVED.matcher(name).replaceAll(""), tensor));
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
