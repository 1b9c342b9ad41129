package thaw.finetune.lesson;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.StreamSupport;
import thaw.engine.io.AtomicFile;
import thaw.finetune.train.FiniteJson;

/**
 * The measurements of a lesson in a JSON file, which is replaced atomically after each of them, so that a lesson that was ended goes on
 * from there. Thread-safe.
 */
final class Measurements {

    private static final JsonMapper JSON = FiniteJson.builder().build();
    private static final String SETTINGS = "settings";
    private static final String MEASURED = "measured";

    private final Path file;
    private final Map<String, String> settings;
    private final Map<String, double[]> measured = new TreeMap<>();

    private Measurements(Path file, Map<String, String> settings) {
        this.file = file;
        this.settings = settings;
    }

    /**
     * Opens the file, or begins a new one.
     *
     * @param settings everything on which the numbers depend
     * @throws IOException              if the file cannot be read or written
     * @throws IllegalArgumentException if it is of other settings
     */
    static Measurements open(Path file, Map<String, String> settings) throws IOException {
        AtomicFile.requireWritable(file);
        Measurements found = new Measurements(file, new TreeMap<>(settings));
        if (Files.exists(file)) {
            JsonNode json = JSON.readTree(file.toFile());
            JsonNode before = json.path(SETTINGS);
            if (!before.equals(found.json().get(SETTINGS))) {
                throw new IllegalArgumentException(file + ": holds measurements of other settings, " + before + "; these are "
                        + found.json().get(SETTINGS) + ". Give another output file, or delete this one");
            }
            json.path(MEASURED).properties().forEach(one -> found.measured.put(one.getKey(),
                    StreamSupport.stream(one.getValue().spliterator(), false).mapToDouble(n -> n.asDouble(Double.NaN)).toArray()));
        }
        return found;
    }

    synchronized boolean has(String key) {
        return measured.containsKey(key);
    }

    /** @throws IllegalStateException if the trial has not been made */
    synchronized double[] get(String key) {
        double[] numbers = measured.get(key);
        if (numbers == null) {
            throw new IllegalStateException("lesson: " + key + " has not been measured");
        }
        return numbers.clone();
    }

    synchronized void put(String key, double[] numbers) throws IOException {
        measured.put(key, numbers.clone());
        AtomicFile.write(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json()));
    }

    private ObjectNode json() {
        ObjectNode json = JSON.createObjectNode();
        ObjectNode about = json.putObject(SETTINGS);
        settings.forEach(about::put);
        ObjectNode values = json.putObject(MEASURED);
        measured.forEach((key, numbers) -> {
            ArrayNode array = values.putArray(key);
            for (double number : numbers) {
                array.add(number);
            }
        });
        return json;
    }
}
