package thaw.resnet;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import thaw.engine.io.StoredTensor;

/** Checks whether weights fit a network; its exceptions state the difference and the remedy. */
final class WeightFit {

    private final ResNet net;
    private final Map<String, ? extends StoredTensor> weights;
    private final Optional<NetworkWeights> found;

    /**
     * @param weights by their names in the file
     * @param found   the network among them; empty if none is recognised
     */
    WeightFit(ResNet net, Map<String, ? extends StoredTensor> weights, Optional<NetworkWeights> found) {
        this.net = net;
        this.weights = weights;
        this.found = found;
    }

    /**
     * Checks body and head. Passes if no network is recognised although there is a stem: a list of names explains that best.
     *
     * @throws IllegalArgumentException if the weights are of another architecture, have another stem or head, or contain
     *                                  tensors outside the network
     */
    void require() {
        if (requireBody()) {
            requireHead();
            if (!found.get().left().isEmpty()) {
                throw new IllegalArgumentException("besides the network" + (found.get().prefix().isEmpty() ? ""
                        : " under \"" + found.get().prefix() + "\"") + " the weights have " + found.get().left().size()
                        + " unused tensors, such as " + found.get().left().keySet().iterator().next()
                        + "; ResNet.fromWeights(weights, device) and loadPretrained(weights, true) ignore them");
            }
        }
    }

    /** Checks the body like {@link #require}; returns whether a network is recognised. */
    boolean requireBody() {
        if (found.isPresent()) {
            requireArchitecture(found.get().architecture());
            requireStem(found.get().inputChannels());
            requireStatistics(found.get().body().keySet());
        } else if (!weights.containsKey(net.architecture().design().stem().first() + ".weight")) {
            throw new IllegalArgumentException(UnknownNetwork.describe(weights));
        }
        return found.isPresent();
    }

    private void requireArchitecture(Architecture given) {
        Architecture own = net.architecture();
        if (!given.usual().equals(own.usual())) {
            throw new IllegalArgumentException("these are weights of " + given.name() + ", the network is " + own
                    + firstUnexpected() + "; use Architecture.byName(\"" + given.name() + "\"), --arch " + given.name()
                    + " on the command line");
        }
        requireVariants();
    }

    /** @throws IllegalArgumentException if the weights are of a variant of the network, which computes another function */
    void requireVariants() {
        Architecture own = net.architecture();
        found.map(NetworkWeights::architecture).filter(given -> given.usual().equals(own.usual())
                && !own.variants().containsAll(given.variants())).ifPresent(given -> {
                    throw new IllegalArgumentException("these are weights of " + given + ", the network is " + own + ", which"
                            + " computes a different function of the same tensors; use Architecture.byName(\"" + given.name()
                            + "\").with(…), or ResNet.fromWeights");
                });
    }

    private String firstUnexpected() {
        Map<String, ?> own = net.namedParameters();
        return found.get().body().keySet().stream().filter(name -> name.endsWith(".weight") && !own.containsKey(name)).findFirst()
                .map(name -> " and has no " + name).orElse("");
    }

    private void requireStem(int given) {
        if (given != net.inputChannels()) {
            throw new IllegalArgumentException("the weights' stem is for images of " + given + " channels, the network's for "
                    + net.inputChannels() + "; load them into a network with a stem for " + given + " channels, then call"
                    + " adaptStem(" + net.inputChannels() + ")");
        }
    }

    private void requireStatistics(Set<String> names) {
        if (names.stream().noneMatch(name -> name.endsWith(".running_var"))) {
            throw new IllegalArgumentException("these weights have the convolutions of " + net.architecture() + " but no running"
                    + " statistics of batch norm (bn1.running_var is missing): their norms are of another kind, as in timm's"
                    + " resnet50_gn, or were merged into the convolutions; use weights of a network with batch norm");
        }
    }

    /** @throws IllegalArgumentException if the weights have no known head, or another than the network's */
    void requireHead() {
        Head head = found.flatMap(NetworkWeights::head).orElseThrow(() -> new IllegalArgumentException(
                "the weights have no known head, only " + found.flatMap(network -> network.left().keySet().stream()
                        .findFirst()).orElse("a body") + "; call loadPretrained(weights, false) to load only the body"));
        int given = found.get().classes().getAsInt();
        if (head != net.head()) {
            throw new IllegalArgumentException("the weights' head is " + head.label() + ", the network's " + net.head().label()
                    + "; call replaceHead(Head." + head + ", " + given
                    + ") before loading, or loadPretrained(weights, false) to ignore the weights' head");
        }
        if (given != net.classes()) {
            throw new IllegalArgumentException("the weights are for " + given + " classes, the network's head for "
                    + net.classes() + "; load them into a network for " + given + " classes, then call replaceHead("
                    + net.classes() + "), or call loadPretrained(weights, false) to ignore the weights' head");
        }
    }
}
