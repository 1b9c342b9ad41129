package thaw.finetune.cli;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.ImageIO;
import picocli.CommandLine.Command;
import thaw.finetune.demo.ShippedNetwork;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.Prediction;

/**
 * {@code thaw rehearse}: predicts a blank image with the bundled network. The launcher runs it once to record the classes
 * that a prediction loads.
 */
@Command(name = "rehearse", hidden = true, customSynopsis = "thaw rehearse [OPTIONS]",
        description = "Makes a prediction, which the launcher records to start faster.")
final class RehearseCommand extends DeviceCommand {

    private static final int SIDE = 96;

    @Override
    public Integer call() throws IOException {
        ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB), "jpg", jpeg);
        try (Classifier classifier = Classifier.of(ShippedNetwork.read(), deviceOptions.classifier())) {
            DeviceOptions.hint(output, classifier.device());
            Prediction blank = classifier.predict(jpeg.toByteArray());
            // The first prediction runs on scalar loops; only after the warm-up do the vector loops run.
            classifier.device().warmUp(false);
            classifier.predict(jpeg.toByteArray());
            output.text("blank.jpg  " + blank.label());
            output.result(OutputOptions.object().put("label", blank.label()));
        }
        return 0;
    }
}
