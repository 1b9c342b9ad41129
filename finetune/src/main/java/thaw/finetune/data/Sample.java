package thaw.finetune.data;

import java.nio.file.Path;
import java.util.Objects;

/**
 * An image file and the class that it shows.
 *
 * @param label index of the class, from 0
 */
public record Sample(Path file, int label) {
    public Sample {
        Objects.requireNonNull(file, "file");
        if (label < 0) {
            throw new IllegalArgumentException(file + ": expected a label from 0, got " + label);
        }
    }
}
