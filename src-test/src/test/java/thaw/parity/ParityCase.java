package thaw.parity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.kernels.Shape;

/** A file of numbers computed by PyTorch: an operation with its options, inputs and results. */
record ParityCase(String name, String op, JsonNode attrs, Weights tensors) {

    private static final ObjectMapper JSON = new ObjectMapper();

    static ParityCase read(Path file) throws IOException {
        Weights w = Weights.read(file);
        return new ParityCase(file.getFileName().toString(), w.metadata().get("op"), JSON.readTree(w.metadata().get("attrs")), w);
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

    /** Fails unless {@code ‖got − expected‖ ≤ bar · ‖expected‖}. */
    void assertClose(String key, Tensor got, double bar) {
        Shape expected = stored(key).shape();
        if (!got.shape().equals(expected)) {
            throw new AssertionError(name + ": " + key + " is " + expected + ", got " + got.shape());
        }
        double error = relativeError(stored(key).toDoubles(), got.toDoubles());
        if (!(error <= bar)) {
            throw new AssertionError(name + " " + attrs + ": relative error of " + key + " is " + error + ", limit " + bar);
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
