package thaw.resnet;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import thaw.engine.Device;
import thaw.engine.Generator;
import thaw.engine.nn.AdaptiveAvgPool2d;
import thaw.engine.nn.AdaptiveConcatPool2d;
import thaw.engine.nn.BatchNorm2d;
import thaw.engine.nn.Dropout;
import thaw.engine.nn.Init;
import thaw.engine.nn.Linear;
import thaw.engine.nn.Module;
import thaw.engine.nn.ReLU;
import thaw.engine.nn.Sequential;

/** The kinds of heads, which compute scores from the body's output: a pool, {@code avgpool}, and a classifier, {@code fc}. */
public enum Head {

    /** Average pooling of each channel, and a linear layer. */
    LINEAR("average pool"),

    /**
     * fastai's head: maximum and average pooling of each channel, then batch norm, dropout 0.25, a linear layer to 512, ReLU,
     * batch norm, dropout 0.5 and a linear layer. In PyTorch this is an {@code avgpool} that concatenates and an {@code fc} of
     * {@code Sequential(BatchNorm1d, Dropout, Linear, ReLU, BatchNorm1d, Dropout, Linear)}.
     */
    CONCAT_POOL("max and average pool");

    /** The number of features between the linear layers of {@link #CONCAT_POOL}. */
    static final int HIDDEN = 512;

    private final String poolKind;

    Head(String poolKind) {
        this.poolKind = poolKind;
    }

    /** The name in a file's metadata: {@code linear}, {@code concat_pool}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The head of this label.
     *
     * @throws IllegalArgumentException naming the known labels, if there is none of this label
     */
    public static Head byLabel(String label) {
        return Arrays.stream(values()).filter(h -> h.label().equals(label)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown head \"" + label + "\"; known are "
                        + Arrays.stream(values()).map(Head::label).collect(Collectors.joining(", "))));
    }

    String poolKind() {
        return poolKind;
    }

    /** The number of features that the pool makes of {@code channels} channels. */
    int features(int channels) {
        return this == CONCAT_POOL ? 2 * channels : channels;
    }

    /** The pool {@code [N, C, H, W] → [N, features(C), 1, 1]}. */
    Module pool() {
        return this == CONCAT_POOL ? new AdaptiveConcatPool2d(1) : new AdaptiveAvgPool2d(1);
    }

    /** The classifier {@code [N, features(channels)] → [N, classes]}. */
    Module classifier(Device device, int channels, int classes, Generator generator) {
        int in = features(channels);
        return switch (this) {
            case LINEAR -> new Linear(device, in, classes, generator);
            case CONCAT_POOL -> new Sequential(new BatchNorm2d(device, in), new Dropout(0.25),
                    linear(device, in, HIDDEN, generator), new ReLU(),
                    new BatchNorm2d(device, HIDDEN), new Dropout(0.5), linear(device, HIDDEN, classes, generator));
        };
    }

    private static Linear linear(Device device, int in, int out, Generator generator) {
        Linear linear = new Linear(device, in, out, generator);
        Init.kaimingNormal(linear.weight(), Init.Fan.IN, generator);
        Init.constant(linear.bias(), 0);
        return linear;
    }
}
