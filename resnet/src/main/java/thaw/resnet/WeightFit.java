package thaw.resnet;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import thaw.engine.io.StoredTensor;

/** Finds out why weights don't fit a network, in words that say what to do. */
final class WeightFit {

    private final ResNet net;
    private final Map<String, ? extends StoredTensor> weights;
    private final Optional<NetworkWeights> found;

    /**
     * @param weights by their names in the file
     * @param found   the network among them; none if it's one that isn't known
     */
    WeightFit(ResNet net, Map<String, ? extends StoredTensor> weights, Optional<NetworkWeights> found) {
        this.net = net;
        this.weights = weights;
        this.found = found;
    }

    /**
     * Passes weights whose misfit, if there is any, has no better explanation than a list of names.
     *
     * @throws IllegalArgumentException if they're of another architecture, or have another stem or head, or more than both
     */
    void require() {
        if (requireBody()) {
            requireHead();
            if (!found.get().left().isEmpty()) {
                throw new IllegalArgumentException("beside the network" + (found.get().prefix().isEmpty() ? ""
                        : " under \"" + found.get().prefix() + "\"") + " the weights have " + found.get().left().size()
                        + " tensors of no use to it, such as " + found.get().left().keySet().iterator().next()
                        + "; ResNet.fromWeights(weights, device) and loadPretrained(weights, true) leave them out");
            }
        }
    }

    /** As {@link #require}, of the body alone; whether it was found. */
    boolean requireBody() {
        if (found.isPresent()) {
            requireArchitecture(found.get().architecture());
            requireStem(found.get().inputChannels());
            requireStatistics(found.get().body().keySet());
        } else if (!weights.containsKey(ResNet.STEM + ".weight")) {
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

    /** @throws IllegalArgumentException if the weights are of a variant of the network, which computes something else */
    void requireVariants() {
        Architecture own = net.architecture();
        found.map(NetworkWeights::architecture).filter(given -> given.usual().equals(own.usual())
                && !own.variants().containsAll(given.variants())).ifPresent(given -> {
                    throw new IllegalArgumentException("these are weights of " + given + ", the network is " + own + ", which"
                            + " computes something else with the same tensors; use Architecture.byName(\"" + given.name()
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
            throw new IllegalArgumentException("these weights have the convolutions of " + net.architecture() + " without running"
                    + " statistics of batch norm: their norms are of another kind, as in timm's resnet50_gn, or were merged into"
                    + " the convolutions; use weights of a network with batch norm");
        }
    }

    /** @throws IllegalArgumentException if the weights have no head that is known, or another than the network's */
    void requireHead() {
        Head head = found.flatMap(NetworkWeights::head).orElseThrow(() -> new IllegalArgumentException(
                "the weights have no head that is known, only " + found.flatMap(network -> network.left().keySet().stream()
                        .findFirst()).orElse("a body") + "; call loadPretrained(weights, false) to load the body alone"));
        int given = found.get().classes().getAsInt();
        if (head != net.head()) {
            throw new IllegalArgumentException("the weights' head is " + head.label() + ", the network's " + net.head().label()
                    + "; call replaceHead(Head." + head + ", " + given
                    + ") before loading, or loadPretrained(weights, false) to leave the weights' head out");
        }
        if (given != net.classes()) {
            throw new IllegalArgumentException("the weights are for " + given + " classes, the network's head for "
                    + net.classes() + "; load them into a network for " + given + " classes, then call replaceHead("
                    + net.classes() + "), or call loadPretrained(weights, false) to leave the weights' head out");
        }
    }
}
