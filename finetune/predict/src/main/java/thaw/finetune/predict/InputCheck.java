package thaw.finetune.predict;

import java.util.List;
import thaw.resnet.Network;

/** Checks that a network fits the images and classes. */
public final class InputCheck {
    private static final int CHANNELS = 3;

    private InputCheck() {
    }

    /**
     * @throws IllegalArgumentException if the network does not take 3 channels, or its number of classes is not that of
     *     {@code classes}
     */
    public static void require(Network net, List<String> classes) {
        if (net.classes() != classes.size()) {
            throw new IllegalArgumentException("the head of " + net.name() + " has " + net.classes()
                    + " classes, the data " + classes.size() + " " + shortened(classes) + "; call net.replaceHead("
                    + classes.size() + ") to train on this data, or use data of the network's classes");
        }
        if (net.inputChannels() != CHANNELS) {
            throw new IllegalArgumentException("the stem of " + net.name() + " takes " + net.inputChannels()
                    + " channels, images have 3 (red, green, blue); use a network with 3 input channels");
        }
    }

    static String shortened(List<String> classes) {
        int shown = 8;
        return classes.size() <= shown ? classes.toString()
                : "[" + String.join(", ", classes.subList(0, shown)) + ", …]";
    }
}
