package thaw.finetune.data;

import java.nio.file.Path;

/**
 * An image that was skipped because it could not be read.
 *
 * @param reason the error message, with the file's name
 */
public record BrokenImage(Path file, String reason) {
}
