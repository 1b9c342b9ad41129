package thaw.engine.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.engine.nn.AdaptiveAvgPool2d;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.Conv2d;
import thaw.engine.nn.Flatten;
import thaw.engine.nn.Linear;
import thaw.engine.nn.Module;
import thaw.engine.nn.ReLU;
import thaw.engine.nn.Sequential;
import thaw.kernels.Conv2dOptions;
import thaw.kernels.Shape;

/** The small network of {@code rates.json}, its images, and its weights after each epoch; {@code make_rates.py} wrote them. */
final class SmallTraining {

    static final int EPOCHS = 3;
    static final int BATCHES = 3;
    private static final int BATCH = 8;
    private static final Shape IMAGES = Shape.of(BATCH, 2, 6, 6);

    private final JsonNode reference;
    final Device device;
    final Sequential net;

    SmallTraining(Device device) {
        this.device = device;
        try (InputStream in = SmallTraining.class.getResourceAsStream("rates.json")) {
            reference = new ObjectMapper().readTree(in);
        } catch (IOException missing) {
            throw new IllegalStateException(missing);
        }
        Map<String, Module> layers = new LinkedHashMap<>();
        layers.put("conv", new Conv2d(device.zeros(Shape.of(4, 2, 3, 3)), null, Conv2dOptions.DEFAULT));
        layers.put("norm", new BatchNorm2d(device, 4));
        layers.put("relu", new ReLU());
        layers.put("pool", new AdaptiveAvgPool2d(1));
        layers.put("flat", new Flatten());
        layers.put("fc", new Linear(device.zeros(Shape.of(3, 4)), device.zeros(Shape.of(3))));
        net = new Sequential(layers);
        net.namedParameters().forEach((name, p) -> p.set(floats(reference.get("start").get(name))));
        net.train();
    }

    Tensor parameter(String name) {
        return net.namedParameters().get(name);
    }

    /** Gradients of a batch's mean loss. */
    void backward(int batch) {
        float[] images = floats(reference.get("images"));
        float[] labels = floats(reference.get("labels"));
        net.zeroGrad();
        try (Scope scope = device.scope()) {
            Tensor x = device.tensor(IMAGES, Arrays.copyOfRange(images, batch * IMAGES.size(), (batch + 1) * IMAGES.size()));
            Tensor y = device.tensor(Shape.of(BATCH), Arrays.copyOfRange(labels, batch * BATCH, (batch + 1) * BATCH));
            Functional.crossEntropy(net.call(x), y).backward();
        }
    }

    /** Compares parameters and running statistics with the reference, by relative Euclidean distance. */
    void assertAfter(String training, int epoch, double bar) {
        Map<String, Tensor> all = new LinkedHashMap<>(net.namedParameters());
        all.putAll(net.namedBuffers());
        all.forEach((name, t) -> assertClose(training, epoch, name, t.toFloats(), bar));
    }

    void assertClose(String training, int epoch, String name, float[] found, double bar) {
        JsonNode expected = reference.get(training).get(epoch).get(name);
        double error = 0;
        double size = 0;
        assertEquals(expected.size(), found.length, name);
        for (int i = 0; i < found.length; i++) {
            error += Math.pow(found[i] - expected.get(i).asDouble(), 2);
            size += Math.pow(expected.get(i).asDouble(), 2);
        }
        assertEquals(0, Math.sqrt(error / size), bar, training + ", epoch " + epoch + ", " + name);
    }

    /** Runs a function without recording for gradients, and puts the buffers back afterwards. */
    void keepingStatistics(Runnable forward) {
        Map<String, float[]> before = new LinkedHashMap<>();
        net.namedBuffers().forEach((name, b) -> before.put(name, b.toFloats()));
        forward.run();
        try (NoGrad off = device.noGrad()) {
            net.namedBuffers().forEach((name, b) -> b.set(before.get(name)));
        }
    }

    private static float[] floats(JsonNode numbers) {
        float[] values = new float[numbers.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) numbers.get(i).asDouble();
        }
        return values;
    }
}
