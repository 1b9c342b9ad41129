package thaw.finetune.cli;

import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.ModelFile;

/** A command that computes on a device. */
abstract class DeviceCommand extends Subcommand {

    @Mixin
    DeviceOptions deviceOptions;

    /** A classifier on the device, which the caller closes, for images of at most {@code maxPixels} pixels. */
    final Classifier classifier(Path file, ModelFile model, long maxPixels) {
        Classifier classifier = Failure.naming(file.toString(),
                () -> Classifier.of(model, deviceOptions.classifier().maxPixels(maxPixels)));
        DeviceOptions.hint(output, classifier.device());
        return classifier;
    }
}
