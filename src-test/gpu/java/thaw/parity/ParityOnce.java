package thaw.parity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import thaw.engine.Device;
import thaw.kernels.opencl.OpenClDevices;

/** The parity cases on one OpenCL device, which is opened once rather than for each: the failures, then a line that counts. */
public final class ParityOnce {

    private static final double TOLERANCE = 1e-5;

    private ParityOnce() {
    }

    /** @param args the folder of the cases, and {@code opencl} or {@code opencl:N} */
    public static void main(String[] args) throws IOException {
        int index = args[1].contains(":") ? Integer.parseInt(args[1].substring(args[1].indexOf(':') + 1)) : OpenClDevices.best().index();
        int failed = 0;
        List<Path> cases;
        try (Stream<Path> files = Files.list(Path.of(args[0])); Device device = Device.opencl(index)) {
            cases = files.filter(file -> file.toString().endsWith(".safetensors")).sorted().toList();
            for (Path file : cases) {
                try {
                    run(ParityCase.read(file), device);
                } catch (RuntimeException | AssertionError failure) {
                    failed++;
                    System.out.println("failed: " + file.getFileName() + ": " + failure.getMessage());
                }
            }
            System.out.println(cases.size() - failed + " of " + cases.size() + " cases right on " + device.description());
        }
        System.exit(failed == 0 ? 0 : 1);
    }

    private static void run(ParityCase parity, Device device) {
        switch (parity.op()) {
            case "sgd" -> SgdCase.run(parity, device);
            case "model" -> ModelCase.run(parity, device);
            default -> OperatorCase.run(parity, device, TOLERANCE);
        }
    }
}
