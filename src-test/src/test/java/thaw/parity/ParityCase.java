package thaw.parity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.kernels.Shape;

/**
 * Numbers computed by PyTorch: an operation with its options, inputs and results.
 *
 * @param absolute the largest allowed difference of an element besides its relative error; absent if results are compared by their
 *                 norms
 */
record ParityCase(String name, String op, JsonNode attrs, Map<String, StoredTensor> tensors, OptionalDouble absolute) {

    private static final ObjectMapper JSON = new ObjectMapper();

    static ParityCase read(Path file) throws IOException {
        Weights w = Weights.read(file);
        return new ParityCase(file.getFileName().toString(), w.metadata().get("op"), JSON.readTree(w.metadata().get("attrs")), w,
                OptionalDouble.empty());
    }

    /** The cases of a file by {@code make_special.py}, in which a tensor's name begins with its case's. */
    static List<ParityCase> readAll(InputStream file) throws IOException {
        Weights w = Weights.read(file);
        List<ParityCase> cases = new ArrayList<>();
        for (Map.Entry<String, String> entry : new TreeMap<>(w.metadata()).entrySet()) {
            JsonNode node = JSON.readTree(entry.getValue());
            Map<String, StoredTensor> tensors = new TreeMap<>();
            w.forEach((key, tensor) -> {
                if (key.startsWith(entry.getKey() + "/")) {
                    tensors.put(key.substring(entry.getKey().length() + 1), tensor);
                }
            });
            cases.add(new ParityCase(entry.getKey(), node.get("op").asText(), node.get("attrs"), tensors,
                    OptionalDouble.of(node.get("absolute").asDouble())));
        }
        return cases;
    }

    StoredTensor stored(String key) {
        StoredTensor t = tensors.get(key);
        if (t == null) {
            throw new AssertionError(name + " has no tensor " + key);
        }
        return t;
    }

    boolean has(String key) {
        return tensors.containsKey(key);
    }

    Tensor tensor(Device device, String key) {
        StoredTensor t = stored(key);
        return device.tensor(t.shape(), t.toDoubles());
    }

    /** The rest of all tensor names with a prefix: {@code names("grad.")} are the inputs that have a gradient. */
    List<String> names(String prefix) {
        return tensors.keySet().stream().filter(k -> k.startsWith(prefix)).map(k -> k.substring(prefix.length())).toList();
    }

    /** An option that is one number for both directions, or two numbers. */
    int[] pair(String key, int absent) {
        JsonNode node = attrs.path(key);
        if (node.isMissingNode()) {
            return new int[] {absent, absent};
        }
        return node.isArray() ? new int[] {node.get(0).asInt(), node.get(1).asInt()} : new int[] {node.asInt(), node.asInt()};
    }

    /** An option that is one number or several. */
    int[] ints(String key) {
        JsonNode node = attrs.path(key);
        int[] values = new int[node.isArray() ? node.size() : 1];
        for (int i = 0; i < values.length; i++) {
            values[i] = node.isArray() ? node.get(i).asInt() : node.asInt();
        }
        return values;
    }

    /**
     * Fails unless {@code ‖got − expected‖ ≤ bar · ‖expected‖}, or with an absolute difference unless each element has
     * {@code |got − expected| ≤ bar · |expected| + absolute}, is infinite or is NaN where the expected one is.
     */
    void assertClose(String key, Tensor got, double bar) {
        Shape expected = stored(key).shape();
        if (!got.shape().equals(expected)) {
            throw new AssertionError(name + ": " + key + " is " + expected + ", got " + got.shape());
        }
        if (absolute.isPresent()) {
            assertEachClose(key, got.toDoubles(), bar);
            return;
        }
        double error = relativeError(stored(key).toDoubles(), got.toDoubles());
        if (!(error <= bar)) {
            throw new AssertionError(name + " " + attrs + ": relative error of " + key + " is " + error + ", limit " + bar);
        }
    }

    private void assertEachClose(String key, double[] got, double bar) {
        double[] expected = stored(key).toDoubles();
        for (int i = 0; i < expected.length; i++) {
            double limit = bar * Math.abs(expected[i]) + absolute.getAsDouble() + Float.MIN_VALUE;
            boolean close = Double.isFinite(expected[i]) ? Math.abs(got[i] - expected[i]) <= limit
                    : Double.compare(got[i], expected[i]) == 0;
            if (!close) {
                throw new AssertionError(name + " " + attrs + ": element " + i + " of " + key + " is " + got[i] + ", PyTorch's "
                        + expected[i]);
            }
        }
    }

    /** {@code ‖got − expected‖ / ‖expected‖}, or {@code ‖got‖} if all expected numbers are 0. */
    static double relativeError(double[] expected, double[] got) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += (got[i] - expected[i]) * (got[i] - expected[i]);
            norm += expected[i] * expected[i];
        }
        return Math.sqrt(norm == 0 ? difference : difference / norm);
    }

    @Override
    public String toString() {
        return name;
    }
}
