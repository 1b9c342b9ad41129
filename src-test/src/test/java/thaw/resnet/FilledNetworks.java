package thaw.resnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.io.StoredTensor;
import thaw.kernels.Shape;
import thaw.parity.Filled;

/** Networks with weights that a formula gives in Java and in PyTorch, and PyTorch's logits for them, of make_layouts.py. */
abstract class FilledNetworks {

    static final int CLASSES = 10;

    /** The filled networks by name: a ResNet-50 takes a second to fill. */
    private static final Map<String, Map<String, StoredTensor>> FILLED = new HashMap<>();

    final Device device = Device.cpu();

    @AfterAll
    static void release() {
        FILLED.clear();
    }

    @AfterEach
    void close() {
        device.close();
    }

    Map<String, StoredTensor> filled(String name) {
        return new LinkedHashMap<>(FILLED.computeIfAbsent(name, missing -> {
            ResNet net = ResNet.of(Architecture.byName(name), device, CLASSES, 1);
            Filled.fill(net, name.equals("resnet50"));
            return net.stateDict();
        }));
    }

    static String resource(String name) throws IOException {
        try (InputStream in = FilledNetworks.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    static float[] right(String network) throws IOException {
        String[] line = resource("logits.csv").lines().filter(one -> one.startsWith(network + ",")).findFirst().orElseThrow()
                .split(",");
        float[] logits = new float[CLASSES];
        for (int i = 0; i < CLASSES; i++) {
            logits[i] = Float.parseFloat(line[line.length - CLASSES + i]);
        }
        return logits;
    }

    float[] logits(Network net) {
        try (Scope scope = device.scope(); NoGrad off = device.noGrad()) {
            Tensor x = device.tensor(Shape.of(1, 3, 64, 64), Filled.fill("input", 3 * 64 * 64));
            return net.eval().call(x).toFloats();
        }
    }

    void assertRight(String network, Map<String, ? extends StoredTensor> weights) throws IOException {
        assertArrayEquals(right(network), logits(ResNet.fromWeights(weights, device)), 2e-5f);
    }
}
