package thaw.engine.io;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The prefixes that wrapper modules add to every name of a model's state dict. */
final class WrapperPrefix {

    /** {@code DataParallel}, {@code DistributedDataParallel} and {@code AveragedModel}; {@code torch.compile}. */
    private static final List<String> PREFIXES = List.of("module.", "_orig_mod.");

    /** A counter of {@code AveragedModel}, stored beside the wrapped model's names. */
    private static final String AVERAGED = "n_averaged";

    private WrapperPrefix() {
    }

    /** Removes prefixes as long as all names have one, because wrappers can be nested. */
    static Weights strip(Weights weights) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>(weights.tensors());
        StoredTensor averaged = tensors.remove(AVERAGED);
        int length = length(tensors);
        if (length == 0) {
            return weights;
        }
        Map<String, StoredTensor> stripped = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> stripped.put(name.substring(length), tensor));
        Map<String, String> metadata = new LinkedHashMap<>(weights.metadata());
        if (averaged != null && averaged.shape().size() == 1 && !averaged.dtype().isFloating()) {
            metadata.put(AVERAGED, Long.toString(averaged.toLongs()[0]));
        }
        return Weights.of(stripped, metadata, weights.key(), weights.otherKeys());
    }

    private static int length(Map<String, StoredTensor> tensors) {
        if (tensors.isEmpty()) {
            return 0;
        }
        String first = tensors.keySet().iterator().next();
        int length = 0;
        for (boolean found = true; found;) {
            found = false;
            for (String prefix : PREFIXES) {
                int at = length;
                if (first.startsWith(prefix, at) && tensors.keySet().stream().allMatch(n -> n.startsWith(prefix, at))) {
                    length += prefix.length();
                    found = true;
                }
            }
        }
        return length;
    }
}
