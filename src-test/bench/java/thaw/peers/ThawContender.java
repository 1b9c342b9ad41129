package thaw.peers;

import java.util.Arrays;
import java.util.Locale;
import thaw.engine.Device;
import thaw.engine.io.Weights;
import thaw.finetune.bench.Mode;
import thaw.finetune.bench.NetworkStep;
import thaw.resnet.ResNet;

/** Thaw, by what a program uses of it. */
final class ThawContender {

    private ThawContender() {
    }

    public static void main(String[] args) throws Exception {
        Contender contender = Contender.of(args);
        Mode mode = Mode.valueOf(contender.mode().toUpperCase(Locale.ROOT).replace('-', '_'));
        try (Device device = Device.cpu(contender.threads())) {
            if (!contender.trains()) {
                device.warmUpInBackground();
            }
            ResNet net = ResNet.fromWeights(
                    Weights.read(contender.folder().resolve(contender.arch() + ".safetensors")), device);
            if (contender.trains()) {
                device.warmUp(true);
            }
            try (NetworkStep step = new NetworkStep(net, mode, contender.size(), contender.images(), contender.labels())) {
                int values = contender.trains() ? 1 : contender.classes();
                contender.converse(() -> Arrays.copyOf(step.run(), values));
            }
        }
    }
}
