package thaw.finetune.data;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.function.UnaryOperator;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.images.RgbImage;

/**
 * The data set of a list of image files, such as those of an {@link ImageFolder} or a table.
 *
 * @param maxPixels the limit of pixels, see {@link ImageDecoder#decode(java.nio.file.Path, long, UnaryOperator)}
 */
record ImageFileDataset(List<Sample> samples, long maxPixels) implements Dataset {
    ImageFileDataset {
        samples = List.copyOf(samples);
    }

    @Override
    public int length() {
        return samples.size();
    }

    @Override
    public Sample sample(int index) {
        return samples.get(index);
    }

    @Override
    public RgbImage image(int index) {
        return image(index, UnaryOperator.identity());
    }

    @Override
    public RgbImage image(int index, UnaryOperator<RgbImage> reduce) {
        return ImageDecoder.decode(samples.get(index).file(), maxPixels, reduce);
    }

    @Override
    public byte[] content(int index) throws IOException {
        return Files.readAllBytes(samples.get(index).file());
    }
}
