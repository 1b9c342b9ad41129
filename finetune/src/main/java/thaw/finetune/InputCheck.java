package thaw.finetune;

import java.util.List;
import thaw.finetune.data.RawBatch;
import thaw.resnet.ResNet;

/** Checks that a network fits the images and classes. */
final class InputCheck {
    private static final int CHANNELS = 3;

    private InputCheck() {
    }

    /**
     * @throws IllegalArgumentException if the network does not take 3 channels, or its number of classes is not that of
     *     {@code classes}
     */
    static void require(ResNet net, List<String> classes) {
        if (net.classes() != classes.size()) {
            throw new IllegalArgumentException("the head of " + net.architecture().name() + " has " + net.classes()
                    + " classes, the data " + classes.size() + " " + shortened(classes) + "; call net.replaceHead("
                    + classes.size() + ") to train on this data, or use data of the network's classes");
        }
        if (net.inputChannels() != CHANNELS) {
            throw new IllegalArgumentException("the stem of " + net.architecture().name() + " takes " + net.inputChannels()
                    + " channels, images have 3 (red, green, blue); use a network with 3 input channels");
        }
    }

    private static String shortened(List<String> classes) {
        int shown = 8;
        return classes.size() <= shown ? classes.toString()
                : "[" + String.join(", ", classes.subList(0, shown)) + ", …]";
    }

    /**
     * A batch's size for messages.
     *
     * @param batch null while no batch has been prepared
     */
    static String describe(RawBatch batch) {
        if (batch != null && batch.side() == 0) {
            return "the features of a batch of " + batch.size() + " images";
        }
        return batch == null ? "preparing images"
                : "a batch of " + batch.size() + " images of " + batch.side() + " x " + batch.side() + " pixels";
    }
}
