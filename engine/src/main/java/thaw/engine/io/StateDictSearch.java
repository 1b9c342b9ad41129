package thaw.engine.io;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds a model's state dict in the object that a training program saved. A dict within it is identified by its path: the
 * keys that lead to it, joined by dots.
 */
final class StateDictSearch {

    /**
     * Keys under which training programs store the state dict, in order of preference. The order is timm's, which prefers
     * the moving average of the weights; for self-distillation (DINO) the teacher, which is the network that is evaluated.
     */
    private static final List<String> NAMES = List.of("state_dict_ema", "model_ema", "state_dict", "model",
            "model_state_dict", "net", "network", "model_state", "weights", "ema", "teacher");

    /** The deepest path that is searched; Lightning and similar programs nest one or two levels. */
    private static final int DEEPEST = 8;
    /** Bounds on the search against crafted files; genuine checkpoints have few dicts and short keys. */
    private static final int MOST_DICTS = 10_000;
    private static final int LONGEST_KEY = 200;
    private static final int MOST_SHOWN = 10;

    /** A dict that was found, and the dict around it; null for the outermost. */
    private record Place(Place around, int depth, String path, Map<?, ?> dict) {
    }

    private final Map<?, ?> root;
    /** The dicts by path; a dict that is reachable by several paths is listed once. */
    private final Map<String, Place> places = new LinkedHashMap<>();
    /** The paths of the dicts that contain tensors. */
    private final Set<String> candidates = new LinkedHashSet<>();
    /** The paths of the candidates and of the dicts around them. */
    private final Set<String> leading = new HashSet<>();
    private final PickledModules modules = new PickledModules();

    private StateDictSearch(Object saved) throws WeightFileException {
        // A training program's own object, such as fastai's Learner, holds the model in one of its fields.
        this.root = dict(saved) == null && saved instanceof PickledObject object && object.state() instanceof Map<?, ?> fields
                ? fields : dict(saved);
        if (root == null) {
            throw new WeightFileException("contains a single " + kind(saved) + ", but a dict of named tensors is"
                    + " expected; save a model's state_dict()");
        }
        collect();
    }

    /**
     * The value as a dict: a dict itself, the items of an object whose class extends dict, or the state dict of a pickled
     * module; null for anything else. Repeated calls with one object return the same map.
     */
    private Map<?, ?> dict(Object value) throws WeightFileException {
        if (value instanceof Map<?, ?> dict) {
            return dict;
        }
        if (!(value instanceof PickledObject object)) {
            return null;
        }
        if (PickledModules.is(object)) {
            return modules.stateDict(object);
        }
        return object.items().isEmpty() ? null : object.items();
    }

    /**
     * The tensors of the state dict, with the numbers and strings beside it and in the dicts around it as metadata.
     *
     * @param key the path of the dict to search, or null to search the usual places
     * @throws WeightFileException if there is no state dict, or several candidates and no way to choose among them
     */
    static Weights weights(Object saved, String key) throws WeightFileException {
        return new StateDictSearch(saved).weights(key);
    }

    private Weights weights(String key) throws WeightFileException {
        String path = key == null ? choose("") : named(key);
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        Metadata metadata = new Metadata();
        note(places.get(path).around, metadata);
        places.get(path).dict.forEach((name, value) -> {
            StoredTensor tensor = tensor(value);
            if (name instanceof String text && tensor != null) {
                tensors.put(text, tensor);
            } else {
                metadata.note(name, value);
            }
        });
        List<String> others = candidates.stream().filter(other -> !other.isEmpty() && !other.equals(path)
                && hasArray(places.get(other).dict)).toList();
        return Weights.of(tensors, metadata.values(), path, others);
    }

    /** Notes the plain values of this dict and of those around it, the outermost first. */
    private static void note(Place place, Metadata metadata) {
        if (place != null) {
            note(place.around, metadata);
            place.dict.forEach(metadata::note);
        }
    }

    /** Collects dicts under string keys, breadth first; an optimizer's state, under integer keys, belongs to no model. */
    private void collect() throws WeightFileException {
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Place> queue = new ArrayDeque<>(List.of(new Place(null, 0, "", root)));
        seen.add(root);
        while (!queue.isEmpty()) {
            Place place = queue.remove();
            places.putIfAbsent(place.path, place);
            if (place.dict.values().stream().anyMatch(StoredTensor.class::isInstance) && candidates.add(place.path)) {
                places.put(place.path, place);
                for (Place p = place; p != null; p = p.around) {
                    leading.add(p.path);
                }
            }
            for (Map.Entry<?, ?> e : place.dict.entrySet()) {
                if (e.getKey() instanceof String name && name.length() <= LONGEST_KEY && place.depth < DEEPEST
                        && seen.size() < MOST_DICTS) {
                    Map<?, ?> inner = dict(e.getValue());
                    if (inner != null && seen.add(inner)) {
                        queue.add(new Place(place, place.depth + 1, join(place.path, name), inner));
                    }
                }
            }
        }
    }

    /** The path of the state dict at or below {@code from}. */
    private String choose(String from) throws WeightFileException {
        String path = from;
        for (String name = next(path); name != null; name = next(path)) {
            path = join(path, name);
        }
        return path;
    }

    /** The key within the dict at this path that leads to the state dict; null if the dict is the state dict. */
    private String next(String path) throws WeightFileException {
        Map<?, ?> dict = places.get(path).dict;
        List<String> inner = new ArrayList<>();
        for (Map.Entry<?, ?> e : dict.entrySet()) {
            if (dict(e.getValue()) != null && e.getKey() instanceof String name && name.length() <= LONGEST_KEY
                    && leading.contains(join(path, name))) {
                inner.add(name);
            }
        }
        for (String name : NAMES) {
            if (inner.contains(name)) {
                return name;
            }
        }
        if (candidates.contains(path) && (inner.isEmpty() || hasArray(dict))) {
            return null;
        }
        if (inner.size() == 1) {
            return inner.get(0);
        }
        if (inner.isEmpty()) {
            throw new WeightFileException("contains no tensors" + instead() + "; save a model's state_dict()");
        }
        throw new WeightFileException("contains several dicts of tensors, "
                + shown(inner.stream().map(name -> join(path, name)).toList())
                + ", any of which may be the model's: choose one by key (--weights-key on the command line), or save a model's"
                + " state_dict()");
    }

    private String named(String key) throws WeightFileException {
        if (key.isEmpty() && candidates.contains(key)) {
            return key;
        }
        if (!key.isEmpty() && leading.contains(key)) {
            return choose(key);
        }
        throw new WeightFileException("contains no dict of tensors under the key " + WeightFileException.quote(key)
                + (candidates.isEmpty() ? "; it contains no tensors at all" : "; it contains "
                        + shown(candidates.stream().map(path -> path.isEmpty() ? "the file itself" : path).toList())));
    }

    /** The tensor, or a placeholder if a function that is not run would make it from a tensor; null for anything else. */
    private static StoredTensor tensor(Object value) {
        if (value instanceof PickledObject object && object.args().size() <= MOST_SHOWN && object.args().items().stream()
                .anyMatch(arg -> arg instanceof StoredTensor || arg instanceof TorchStorage)) {
            return TorchGlobals.madeBy(object.type());
        }
        return value instanceof StoredTensor tensor ? tensor : null;
    }

    /** Whether the dict has a tensor of other than one element; a single element may be a best accuracy, for example. */
    private static boolean hasArray(Map<?, ?> dict) {
        return dict.values().stream().anyMatch(value -> value instanceof UnreadTensor
                || value instanceof StoredTensor t && t.shape().size() != 1);
    }

    private static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private static String shown(List<String> names) {
        return names.stream().limit(MOST_SHOWN).map(WeightFileException::quote).collect(Collectors.joining(", "))
                + (names.size() > MOST_SHOWN ? " and " + (names.size() - MOST_SHOWN) + " more" : "");
    }

    /** The classes of the objects at the top level and in its dicts, for the message that there are no tensors. */
    private String instead() {
        List<String> types = root.values().stream()
                .flatMap(value -> value instanceof Map<?, ?> dict ? dict.values().stream() : Stream.of(value))
                .filter(PickledObject.class::isInstance).map(object -> ((PickledObject) object).type()).distinct().toList();
        if (types.stream().anyMatch(type -> type.startsWith("numpy.") && type.endsWith("._reconstruct"))) {
            return ", but NumPy arrays; save them as tensors, {name: torch.from_numpy(array)}";
        }
        return types.isEmpty() ? "" : ", but objects of " + shown(types) + ", which are not instantiated";
    }

    private static String kind(Object o) {
        if (o instanceof PickledObject object) {
            return "object of the class " + WeightFileException.quote(object.type());
        }
        return o instanceof StoredTensor ? "tensor" : o instanceof List ? "list" : o instanceof Tuple ? "tuple" : "value";
    }
}
