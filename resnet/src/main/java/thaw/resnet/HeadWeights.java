package thaw.resnet;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import thaw.engine.io.StoredTensor;
import thaw.kernels.Shape;

/**
 * The tensors of a head, recognised by their shapes whatever their names.
 *
 * @param classes the number of scores
 * @param tensors by torchvision's names such as {@code fc.weight}; without a bias if the layer has none
 * @param names   the names of the same tensors in the file
 */
record HeadWeights(Head kind, int classes, Map<String, StoredTensor> tensors, Set<String> names) {

    /** A module of the file, with the tensors it directly owns by the last parts of their names. */
    private record Part(String path, Map<String, StoredTensor> own) {

        /** The path of the enclosing module; empty for the top level. */
        String container() {
            int dot = path.lastIndexOf('.');
            return dot < 0 ? "" : path.substring(0, dot);
        }

        boolean isLinear() {
            StoredTensor weight = own.get("weight");
            return weight != null && weight.shape().rank() == 2 && Set.of("weight", "bias").containsAll(own.keySet())
                    && (!own.containsKey("bias") || own.get("bias").shape().equals(Shape.of(out())));
        }

        boolean isLinear(int in) {
            return isLinear() && in() == in;
        }

        boolean isNorm(int features) {
            StoredTensor weight = own.get("weight");
            return weight != null && weight.shape().equals(Shape.of(features)) && own.containsKey("running_var");
        }

        int in() {
            return own.get("weight").shape().dim(1);
        }

        int out() {
            return own.get("weight").shape().dim(0);
        }

        /**
         * Whether it may change the numbers between the image and the scores: a convolution, a norm or PReLU that belongs to no
         * projection, a recurrent or attention layer that takes the features, or the exponent of generalised-mean pooling. Not
         * the class weights of a loss.
         */
        boolean mayStandBefore(Part head, List<Part> container) {
            StoredTensor weight = own.get("weight");
            boolean inProjection = container.stream().anyMatch(beside -> beside != this && beside != head && beside.isLinear());
            boolean isLossWeights = own.size() == 1 && weight != null && weight.shape().equals(Shape.of(head.out()));
            if (weight != null && weight.shape().rank() != 2) {
                return weight.shape().rank() > 2 || !inProjection && !isLossWeights;
            }
            return own.entrySet().stream().anyMatch(tensor -> {
                Shape shape = tensor.getValue().shape();
                boolean takesFeatures = shape.rank() == 2 && shape.dim(1) == head.in();
                return tensor.getKey().equals("p") && shape.size() == 1
                        || takesFeatures && tensor.getKey().matches("weight_ih.*|in_proj_weight");
            });
        }
    }

    /**
     * Finds the head of a body among the tensors beside it: a single linear layer that takes the body's features, or fastai's
     * head. Empty if there is no such layer, or several, if it belongs to a larger head, or if there are modules that may lie
     * between image and scores, such as a norm of the features.
     *
     * @param beside   the tensors that may be the head's
     * @param prefix   the prefix of the body's names
     * @param features the output channels of the body
     */
    static Optional<HeadWeights> find(Map<String, StoredTensor> beside, String prefix, int features) {
        Map<String, Part> parts = new LinkedHashMap<>();
        beside.forEach((name, tensor) -> {
            int dot = name.lastIndexOf('.');
            if (dot > 0) {
                parts.computeIfAbsent(name.substring(0, dot), path -> new Part(path, new LinkedHashMap<>())).own()
                        .put(name.substring(dot + 1), tensor);
            }
        });
        Map<String, List<Part>> containers = new LinkedHashMap<>();
        parts.values().forEach(part -> containers.computeIfAbsent(part.container(), path -> new ArrayList<>()).add(part));
        for (List<Part> container : containers.values()) {
            // By the numbers in their names, because files may list tensors in any order.
            container.sort(Comparator.comparingInt((Part part) -> part.path().length()).thenComparing(Part::path));
            if (isConcatPool(container, features)) {
                return Optional.of(concatPool(container));
            }
        }
        List<Part> alone = parts.values().stream().filter(part -> part.isLinear(features))
                .filter(part -> containers.get(part.container()).size() == 1 || isAround(part.container(), prefix)).toList();
        return alone.stream().filter(part -> alone.size() == 1 || part.path().equals(prefix + ResNet.CLASSIFIER))
                .filter(part -> parts.values().stream().noneMatch(next -> next != part && (next.isLinear(part.out())
                        || next.mayStandBefore(part, containers.get(next.container())))))
                .findFirst()
                .map(part -> collect(Head.LINEAR, List.of(part), List.of(ResNet.CLASSIFIER)));
    }

    /** Whether the module at {@code path} encloses the network with this prefix, or is that network. */
    private static boolean isAround(String path, String prefix) {
        return path.isEmpty() || prefix.startsWith(path + ".");
    }

    /** Whether the modules are those of {@link Head#CONCAT_POOL}: batch norm, linear, batch norm, linear. */
    private static boolean isConcatPool(List<Part> parts, int features) {
        return parts.size() == 4 && parts.get(0).isNorm(2 * features) && parts.get(1).isLinear(2 * features)
                && parts.get(1).out() == Head.HIDDEN && parts.get(2).isNorm(Head.HIDDEN) && parts.get(3).isLinear(Head.HIDDEN);
    }

    private static HeadWeights concatPool(List<Part> parts) {
        return collect(Head.CONCAT_POOL, parts, List.of("fc.0", "fc.2", "fc.4", "fc.6"));
    }

    private static HeadWeights collect(Head kind, List<Part> parts, List<String> paths) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < parts.size(); i++) {
            String to = paths.get(i) + ".";
            String from = parts.get(i).path() + ".";
            parts.get(i).own().forEach((name, tensor) -> {
                tensors.put(to + name, tensor);
                names.add(from + name);
            });
        }
        return new HeadWeights(kind, parts.get(parts.size() - 1).out(), tensors, names);
    }

    /** The tensors, with zero biases for linear layers without one, which gives the same scores. */
    Map<String, StoredTensor> withBiases() {
        Map<String, StoredTensor> all = new LinkedHashMap<>(tensors);
        tensors.forEach((name, tensor) -> {
            String bias = name.replaceFirst("weight$", "bias");
            if (tensor.shape().rank() == 2 && !tensors.containsKey(bias)) {
                int out = tensor.shape().dim(0);
                all.put(bias, StoredTensor.of(Shape.of(out), new float[out]));
            }
        });
        return all;
    }
}
