package thaw.finetune.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import thaw.finetune.ModelFile;

/** The pretrained network that Thaw comes with: what {@link Pretraining#shipped()} makes. */
public final class ShippedNetwork {

    private static final String RESOURCE = "resnet20-pictures.safetensors";

    private ShippedNetwork() {
    }

    /** Reads it from its file among Thaw's classes. */
    public static ModelFile read() {
        try (InputStream in = ShippedNetwork.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("Thaw's own file " + RESOURCE + " is missing; build Thaw anew");
            }
            return ModelFile.read(in);
        } catch (IOException damaged) {
            throw new UncheckedIOException(damaged);
        }
    }
}
