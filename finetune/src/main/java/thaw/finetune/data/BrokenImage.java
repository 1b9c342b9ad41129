package thaw.finetune.data;

import java.nio.file.Path;

/**
 * An image that was passed over because it could not be read.
 *
 * @param reason says what is wrong with it, and names it
 */
public record BrokenImage(Path file, String reason) {
}
