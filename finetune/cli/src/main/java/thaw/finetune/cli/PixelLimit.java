package thaw.finetune.cli;

import picocli.CommandLine.Option;
import thaw.finetune.images.ImageDecoder;

/** The option {@code --max-pixels}: the size limit of images. */
final class PixelLimit {

    @Option(names = "--max-pixels", paramLabel = "N", defaultValue = "" + ImageDecoder.MAX_PIXELS,
            description = "Larger images count as broken (default: " + ImageDecoder.MAX_PIXELS + ").")
    private long maxPixels;

    /** @throws Failure if the limit is out of range */
    long maxPixels() {
        if (maxPixels < 1 || maxPixels > ImageDecoder.MOST_PIXELS) {
            throw new Failure("--max-pixels: expected 1 to " + ImageDecoder.MOST_PIXELS + ", got " + maxPixels);
        }
        return maxPixels;
    }
}
