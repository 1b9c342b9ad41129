package thaw.parity;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.functional.Functional;
import thaw.engine.io.StoredTensor;
import thaw.engine.nn.Module;
import thaw.kernels.Shape;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

/**
 * A whole network: logits of an evaluation pass; loss, gradients and running statistics of a training pass. Tolerances for
 * gradients are wide because in training mode rounding errors change the decision of a few ReLUs and maxima.
 */
final class ModelCase {

    private static final double LOGITS = 2e-4;
    private static final double LOSS = 1e-5;
    private static final double STATISTICS = 1e-4;
    private static final double NORM_MEDIAN = 2e-3;
    private static final double NORM_WORST = 2e-2;
    private static final double COSINE = 0.99;

    private final ParityCase c;
    private final Device device;
    private final Module net;

    private ModelCase(ParityCase c, Device device, Module net) {
        this.c = c;
        this.device = device;
        this.net = net;
    }

    static void run(ParityCase c, Device device) {
        String name = c.attrs().get("name").asText();
        Module net = ResNet.of(Architecture.byName(name), device, 1000);
        if (net.parameterCount() != c.attrs().get("parameters").asLong()) {
            throw new AssertionError(name + " has " + c.attrs().get("parameters") + " parameters, got " + net.parameterCount());
        }
        Filled.fill(net, net.namedParameters().containsKey("layer1.0.bn3.weight"));
        ModelCase model = new ModelCase(c, device, net);
        model.evaluation();
        model.training();
    }

    private void evaluation() {
        try (Scope scope = device.scope(); NoGrad off = device.noGrad()) {
            Tensor x = device.tensor(Shape.of(2, 3, 224, 224), Filled.fill("input", 2 * 3 * 224 * 224));
            c.assertClose("eval.logits", net.eval().call(x), LOGITS);
        }
    }

    private void training() {
        try (Scope scope = device.scope()) {
            Tensor x = device.tensor(Shape.of(4, 3, 64, 64), Filled.fill("train_input", 4 * 3 * 64 * 64));
            Tensor loss = Functional.crossEntropy(net.train().call(x), device.labels(c.ints("train_labels")));
            c.assertClose("train.loss", loss.reshape(1), LOSS);
            loss.backward();
        }
        for (String name : c.names("after.")) {
            c.assertClose("after." + name, net.namedBuffers().get(name), STATISTICS);
        }
        gradients();
    }

    private void gradients() {
        List<Double> errors = new ArrayList<>();
        for (String name : c.names("grad_norm.")) {
            double[] g = net.namedParameters().get(name).grad().toDoubles();
            double expected = c.stored("grad_norm." + name).toDoubles()[0];
            double error = Math.abs(Math.sqrt(dot(g, g, g.length)) / expected - 1);
            errors.add(error);
            require(error <= NORM_WORST, "the gradient's norm of " + name + " has an error of " + error);
            StoredTensor stored = c.stored("grad_head." + name);
            double[] head = stored.toDoubles();
            double cosine = dot(g, head, head.length) / Math.sqrt(dot(g, g, head.length) * dot(head, head, head.length));
            require(cosine >= COSINE, "the gradient of " + name + " has another direction: cosine " + cosine);
        }
        Collections.sort(errors);
        double median = errors.get(errors.size() / 2);
        require(median <= NORM_MEDIAN, "the median error of the gradients' norms is " + median);
    }

    private static double dot(double[] a, double[] b, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(c.name() + ": " + otherwise);
        }
    }
}
