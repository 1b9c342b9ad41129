package thaw.engine.io;

import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The plain values beside a state dict, as text by name. */
final class Metadata {

    /** Keys under which training programs keep settings; only these are flattened, for example to {@code args.model}. */
    private static final Set<String> SETTINGS = Set.of("args", "hyper_parameters", "hparams", "config", "cfg", "opt", "meta",
            "model_args");

    private static final int DEEPEST = 4;
    /** Bound on the values of the walk, because settings that are referred to several times are written out each time. */
    private static final int LONGEST_WALK = 10_000;
    /** Bound on all characters of composed names and texts, for the same reason. */
    private static final int MOST_CHARACTERS = 1 << 20;
    private static final int LONGEST_NAME = 200;
    private static final int LONGEST_LIST = 1000;
    /** Bound on a text composed of several values; a single text is kept whole, because a configuration may be long. */
    private static final int LONGEST_TEXT = 10_000;
    private static final int LONGEST_INTEGER = 256;

    private final Map<String, String> values = new LinkedHashMap<>();
    private int steps;
    private int characters;

    Map<String, String> values() {
        return values;
    }

    /**
     * Adds a plain value, or the values within a settings object; existing entries are kept. A tensor of one element, such
     * as a best accuracy, counts as a number.
     */
    void note(Object key, Object value) {
        if (!(key instanceof String name)) {
            return;
        }
        String text = text(value);
        if (text != null) {
            values.putIfAbsent(name, text);
        } else if (SETTINGS.contains(name)) {
            settings(name, value, 0);
        }
    }

    private void settings(String path, Object value, int depth) {
        Map<?, ?> fields = value instanceof Map<?, ?> dict ? dict : value instanceof PickledObject object
                ? !object.items().isEmpty() ? object.items() : object.state() instanceof Map<?, ?> state ? state : Map.of()
                : Map.of();
        for (Map.Entry<?, ?> e : fields.entrySet()) {
            if (++steps > LONGEST_WALK || characters > MOST_CHARACTERS) {
                return;
            }
            if (e.getKey() instanceof String name && name.length() <= LONGEST_NAME) {
                characters += path.length() + name.length();
                String text = list(e.getValue());
                if (text != null) {
                    values.putIfAbsent(path + "." + name, text);
                } else if (depth < DEEPEST) {
                    settings(path + "." + name, e.getValue(), depth + 1);
                }
            }
        }
    }

    /** A plain value, or a list or tuple of them in brackets, as text; null for anything else. */
    private String list(Object value) {
        List<?> items = value instanceof List<?> list ? list : value instanceof Tuple tuple ? tuple.items() : null;
        if (items == null) {
            return text(value);
        }
        if (items.size() > LONGEST_LIST || characters > MOST_CHARACTERS) {
            return null;
        }
        StringBuilder text = new StringBuilder("[");
        for (Object item : items) {
            String one = text(item);
            if (one == null || text.length() + one.length() > LONGEST_TEXT) {
                return null;
            }
            text.append(text.length() > 1 ? ", " : "").append(one);
            characters += one.length();
        }
        return text.append(']').toString();
    }

    private String text(Object value) {
        if (value instanceof BigInteger n && n.bitLength() > LONGEST_INTEGER) {
            return null;    // conversion to decimal takes quadratic time
        }
        if (value instanceof String || value instanceof Number || value instanceof Boolean) {
            return value.toString();
        }
        if (value instanceof TorchTensor t && t.shape().size() == 1) {
            return t.dtype().isFloating() ? Double.toString(t.toDoubles()[0])
                    : Long.toString(t.dtype().integer(t.bytes(), 0));
        }
        return value instanceof PickledObject object && object.type().startsWith("pathlib.") ? path(object.args()) : null;
    }

    /** The path of a {@code pathlib.Path}, which is pickled as its parts; the first part of an absolute path is the root. */
    private String path(Tuple parts) {
        StringBuilder path = new StringBuilder();
        for (Object part : parts.items()) {
            if (!(part instanceof String name) || path.length() + name.length() > LONGEST_TEXT
                    || characters > MOST_CHARACTERS) {
                return null;
            }
            characters += name.length();
            path.append(path.length() == 0 || path.charAt(path.length() - 1) == '/' ? "" : "/").append(name);
        }
        return path.toString();
    }
}
