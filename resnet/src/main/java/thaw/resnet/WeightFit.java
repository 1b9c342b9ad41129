package thaw.resnet;

import java.util.Map;
import java.util.Optional;
import thaw.engine.io.StoredTensor;

/** Finds out why weights don't fit a network, in words that say what to do. */
final class WeightFit {

    private final ResNet net;
    private final Map<String, StoredTensor> weights;

    /** @param weights under canonical names */
    WeightFit(ResNet net, Map<String, StoredTensor> weights) {
        this.net = net;
        this.weights = weights;
    }

    /**
     * Passes weights whose misfit, if there is any, has no better explanation than a list of names.
     *
     * @throws IllegalArgumentException if they're of another architecture, or have another stem or head
     */
    void require() {
        Optional<Architecture> found = Architecture.recognise(weights);
        if (found.isEmpty()) {
            requireSomeBody();
        } else if (!found.get().equals(net.architecture())) {
            throw new IllegalArgumentException("these are weights of " + found.get() + ", the network is " + net.architecture()
                    + firstUnexpected() + "; use Architecture.byName(\"" + found.get() + "\"), --arch " + found.get()
                    + " on the command line");
        } else {
            requireStem();
            requireHead();
        }
    }

    private String firstUnexpected() {
        Map<String, ?> own = net.namedParameters();
        return weights.keySet().stream().filter(name -> name.endsWith(".weight") && !own.containsKey(name)).findFirst()
                .map(name -> " and has no " + name).orElse("");
    }

    private void requireSomeBody() {
        if (!weights.containsKey(ResNet.STEM + ".weight")) {
            throw new IllegalArgumentException("these are no weights of a residual network: there is no " + ResNet.STEM
                    + ".weight" + (weights.isEmpty() ? "" : ", but " + weights.keySet().iterator().next())
                    + "; known are the names of torchvision, timm, Hugging Face transformers and the CIFAR-10 networks, and the"
                    + " architectures " + Architecture.names());
        }
    }

    private void requireStem() {
        int given = weights.get(ResNet.STEM + ".weight").shape().dim(1);
        if (given != net.inputChannels()) {
            throw new IllegalArgumentException("the weights' stem is for pictures of " + given + " channels, the network's for "
                    + net.inputChannels() + "; load them into a network with a stem for " + given + " channels, then call"
                    + " adaptStem(" + net.inputChannels() + ")");
        }
    }

    private void requireHead() {
        Optional<Head> head = Head.recognise(weights);
        if (head.isEmpty()) {
            throw new IllegalArgumentException("the weights have no head that is known, only " + weights.keySet().stream()
                    .filter(ResNet::isHead).findFirst().orElse("a body")
                    + "; call loadPretrained(weights, false) to load the body alone");
        }
        if (head.get() != net.head()) {
            throw new IllegalArgumentException("the weights' head is " + head.get().label() + ", the network's "
                    + net.head().label() + "; call replaceHead(Head." + head.get() + ", " + head.get().classes(weights)
                    + ") before loading, or loadPretrained(weights, false) to leave the weights' head out");
        }
        int given = head.get().classes(weights);
        if (given != net.classes()) {
            throw new IllegalArgumentException("the weights are for " + given + " classes, the network's head for "
                    + net.classes() + "; load them into a network for " + given + " classes, then call replaceHead("
                    + net.classes() + "), or call loadPretrained(weights, false) to leave the weights' head out");
        }
    }
}
