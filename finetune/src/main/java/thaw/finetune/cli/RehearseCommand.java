package thaw.finetune.cli;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import thaw.finetune.Classifier;
import thaw.finetune.Prediction;
import thaw.finetune.demo.ShippedNetwork;
import thaw.finetune.images.ImageDecoder;

/**
 * {@code thaw rehearse}: a prediction by the network that Thaw comes with, of a blank photograph. The launcher runs it once
 * to record which classes a prediction loads, and how.
 */
@Command(name = "rehearse", hidden = true, customSynopsis = "thaw rehearse [OPTIONS]",
        description = "Predicts once, which the launcher records to start faster.")
final class RehearseCommand implements Callable<Integer> {

    private static final int SIDE = 96;

    @Mixin
    private DeviceOptions deviceOptions;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() throws IOException {
        ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB), "jpg", jpeg);
        try (Classifier classifier = Classifier.of(ShippedNetwork.read(), deviceOptions.open(output))) {
            Prediction blank = classifier.predict(ImageDecoder.decode(jpeg.toByteArray(), "blank.jpg"));
            output.text("blank.jpg  " + blank.label());
            output.result(OutputOptions.object().put("label", blank.label()));
        }
        return 0;
    }
}
