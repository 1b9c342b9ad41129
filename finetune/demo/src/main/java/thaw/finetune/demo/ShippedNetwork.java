package thaw.finetune.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import thaw.finetune.predict.ModelFile;

/** The pretrained network that is part of Thaw, trained by {@link Pretraining#shipped()}. */
public final class ShippedNetwork {

    private static final String RESOURCE = "resnet20-synthetic.safetensors";

    private ShippedNetwork() {
    }

    /**
     * Reads the network from its class path resource.
     *
     * @throws IllegalStateException if the resource is missing
     * @throws UncheckedIOException  if it cannot be read
     */
    public static ModelFile read() {
        try (InputStream in = ShippedNetwork.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("Thaw's own file " + RESOURCE + " is missing; rebuild Thaw");
            }
            return ModelFile.read(in);
        } catch (IOException damaged) {
            throw new UncheckedIOException(damaged);
        }
    }
}
