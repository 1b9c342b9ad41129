package thaw.finetune.bench;

import static thaw.engine.functional.Functional.crossEntropy;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.nn.Module;
import thaw.engine.optim.ParamGroup;
import thaw.engine.optim.SGD;
import thaw.kernels.Shape;
import thaw.resnet.ResNet;

/**
 * One step of a network on one fixed batch, to be run repeatedly and timed. As in real use, every step reads the images from the
 * Java heap and writes its result there.
 *
 * <p>Not thread-safe.
 */
public final class NetworkStep implements AutoCloseable {

    /** Low, so that hundreds of steps on one batch neither diverge nor reach zeros or subnormal numbers. */
    private static final double RATE = 1e-4;
    private static final double MOMENTUM = 0.9;
    private static final double WEIGHT_DECAY = 1e-4;

    private final ResNet net;
    private final Mode mode;
    private final Shape shape;
    private final float[] images;
    private final int[] labels;
    private final @Nullable SGD sgd;

    /**
     * A step of a network. Sets the network's layers to training or evaluation mode as {@code mode} requires.
     *
     * @param images {@code [N, C, size, size]} in row-major order
     * @param labels a class index for each image, whose number defines N; the values are not read for {@link Mode#INFER}
     */
    public NetworkStep(ResNet net, Mode mode, int size, float[] images, int[] labels) {
        this.net = net;
        this.mode = mode;
        this.shape = Shape.of(labels.length, net.inputChannels(), size, size);
        this.images = images;
        this.labels = labels;
        this.sgd = mode.trains() ? new SGD(ParamGroup.group("trained", prepare()).lr(RATE).momentum(MOMENTUM)
                .weightDecay(WEIGHT_DECAY)) : null;
        if (!mode.trains()) {
            net.eval();
        }
    }

    /** A step on generated images and labels: every pixel differs from its neighbours, every label is a class of the network. */
    public static NetworkStep of(ResNet net, Mode mode, int batch, int size) {
        float[] images = new float[Shape.of(batch, net.inputChannels(), size, size).size()];
        for (int i = 0; i < images.length; i++) {
            images[i] = (float) Math.sin(i);
        }
        int[] labels = new int[batch];
        for (int i = 0; i < batch; i++) {
            labels[i] = i % net.classes();
        }
        return new NetworkStep(net, mode, size, images, labels);
    }

    /** Sets the layers' modes, and returns the trained parameters. */
    private List<Tensor> prepare() {
        boolean all = mode == Mode.TRAIN;
        net.train(all);
        net.requiresGrad(all);
        if (!all) {
            for (Module part : lastBlockAndHead()) {
                part.train();
                part.requiresGrad(true);
            }
        }
        return net.parameters().stream().filter(Tensor::requiresGrad).toList();
    }

    private List<Module> lastBlockAndHead() {
        List<Module> stages = new ArrayList<>(net.children().values());
        Module lastStage = net.children().get("layer" + net.architecture().stages());
        Module lastBlock = new ArrayList<>(lastStage.children().values()).get(lastStage.children().size() - 1);
        List<Module> parts = new ArrayList<>(List.of(lastBlock));
        parts.addAll(stages.subList(stages.indexOf(lastStage) + 1, stages.size()));
        return parts;
    }

    /** Runs a step. Returns the scores {@code [N, classes]} of a prediction, or the one loss before the update. */
    public float[] run() {
        Device device = net.device();
        return mode.trains() ? train(device) : predict(device);
    }

    private float[] predict(Device device) {
        try (NoGrad off = device.noGrad(); Scope scope = device.scope()) {
            return net.call(device.tensor(shape, images)).toFloats();
        }
    }

    private float[] train(Device device) {
        sgd.zeroGrad();
        try (Scope scope = device.scope()) {
            Tensor loss = crossEntropy(net.call(device.tensor(shape, images)), device.labels(labels));
            loss.backward();
            sgd.step();
            // Read last: on an asynchronous device this waits for the whole step, and for nothing else.
            return loss.toFloats();
        }
    }

    /** The number of floating-point operations in a step; see {@link StepFlops}. */
    public long flops() {
        return labels.length * StepFlops.perImage(net.outline(shape.dim(2), shape.dim(3)), net.architecture(), mode);
    }

    /** Frees the optimizer's memory; the network stays open. */
    @Override
    public void close() {
        if (sgd != null) {
            sgd.close();
        }
    }
}
