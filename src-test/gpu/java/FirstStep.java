import java.util.Locale;
import thaw.engine.Device;
import thaw.finetune.bench.Mode;
import thaw.finetune.bench.NetworkStep;
import thaw.kernels.opencl.OpenClBackend;
import thaw.kernels.opencl.OpenClDevices;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

/** The first and the second training step of a process, as a line of JSON: the difference is the compilation of kernels. */
public final class FirstStep {

    private FirstStep() {
    }

    /** @param args a name for the state of the caches, architecture, batch, image side */
    public static void main(String[] args) {
        int batch = Integer.parseInt(args[2]);
        int side = Integer.parseInt(args[3]);
        try (OpenClBackend backend = OpenClBackend.open(OpenClDevices.best().index()); Device device = Device.of(backend)) {
            ResNet net = ResNet.of(Architecture.byName(args[1]), device, 1000, 0);
            try (NetworkStep step = NetworkStep.of(net, Mode.TRAIN, batch, side)) {
                System.out.printf(Locale.ROOT, "{\"caches\": \"%s\", \"arch\": \"%s\", \"batch\": %d, \"first_s\": %.3f, \"second_s\": %.3f}%n",
                        args[0], args[1], batch, seconds(step), seconds(step));
            }
        }
    }

    private static double seconds(NetworkStep step) {
        long start = System.nanoTime();
        step.run();
        return (System.nanoTime() - start) / 1e9;
    }
}
