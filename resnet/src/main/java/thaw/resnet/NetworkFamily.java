package thaw.resnet;

import java.util.List;
import java.util.Map;
import thaw.engine.Device;
import thaw.engine.io.StoredTensor;

/**
 * Creates the networks of one family that model files describe. A family outside Thaw is found by {@link java.util.ServiceLoader}: a
 * class with a constructor without arguments, named in {@code META-INF/services/thaw.resnet.NetworkFamily} or provided by a module.
 */
public interface NetworkFamily {

    /** The names that {@link Network#describe} of this family's networks gives as {@code architecture}. */
    List<String> architectures();

    /**
     * Creates the network that {@link Network#describe} described, with these weights.
     *
     * @throws IllegalArgumentException if an entry is missing or invalid, or the weights don't fit
     */
    Network create(Map<String, String> metadata, Map<String, ? extends StoredTensor> weights, Device device);
}
