package thaw.parity;

import static org.junit.jupiter.api.Assertions.assertAll;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import thaw.Extent;
import thaw.engine.Device;
import thaw.kernels.cpu.CpuBackend;
import thaw.kernels.opencl.OpenClHere;

/**
 * Runs every case in the directory named by the system property {@code parity.dir} on every backend. The directory is searched,
 * so that its files can be replaced by cases of other seeds; a case with an unknown operator fails.
 */
public class ParityTest {

    /**
     * A backend to test.
     *
     * @param bar   the largest allowed relative error of operators; in double precision only the rounding of the file's numbers
     *              remains
     * @param every the sample: each case, every second …
     * @param whole whether whole networks are tested, too, every second one in a sample; in double precision they take minutes
     */
    private record On(String name, Supplier<Device> device, double bar, int every, boolean whole) {
    }

    private static final On REFERENCE = new On("reference", Device::reference, 1e-6, 3, false);
    private static final On CPU = new On("cpu", Device::cpu, 1e-5, 1, true);
    private static final On OPENCL = new On("opencl", Device::opencl, 1e-5, 2, Extent.FULL);
    private static final On PLAIN = new On("plain", () -> Device.of(CpuBackend.scalar(2)), 1e-5, 2, false);

    public static final Path DIR = Path.of(System.getProperty("parity.dir", "../shared/parity/cases"));

    private static List<Path> files(String suffix) throws IOException {
        try (Stream<Path> files = Files.list(DIR)) {
            return files.filter(f -> f.getFileName().toString().endsWith(suffix)).sorted().toList();
        }
    }

    /** One test that is reported as skipped, with the reason; a skipped factory would not be reported. */
    private static List<DynamicTest> absent() {
        return List.of(DynamicTest.dynamicTest("parity cases",
                () -> Assumptions.abort("no parity cases in " + DIR + "; name their directory by -Dparity.dir=…")));
    }

    @TestFactory
    List<DynamicTest> reference() throws IOException {
        return cases(REFERENCE);
    }

    @TestFactory
    List<DynamicTest> cpu() throws IOException {
        return cases(CPU);
    }

    @TestFactory
    List<DynamicTest> plain() throws IOException {
        return cases(PLAIN);
    }

    @TestFactory
    List<DynamicTest> opencl() throws IOException {
        Optional<String> missing = OpenClHere.missing();
        if (missing.isPresent()) {
            return List.of(DynamicTest.dynamicTest("opencl", () -> Assumptions.abort(missing.get())));
        }
        return cases(OPENCL);
    }

    private static List<DynamicTest> cases(On on) throws IOException {
        if (!Files.isDirectory(DIR)) {
            return absent();
        }
        List<DynamicTest> tests = new ArrayList<>();
        int networks = 0;
        for (Path file : Extent.everyNth(on.every, files(".safetensors").stream())) {
            ParityCase c = ParityCase.read(file);
            if (!c.op().equals("model") || on.whole && networks++ % Extent.times(2, 1) == 0) {
                tests.add(DynamicTest.dynamicTest(on.name + ", " + c, () -> run(c, on)));
            }
        }
        return tests;
    }

    private static void run(ParityCase c, On on) {
        try (Device device = on.device.get()) {
            run(c, device, on.bar);
        }
    }

    private static void run(ParityCase c, Device device, double bar) {
        switch (c.op()) {
            case "sgd" -> SgdCase.run(c, device);
            case "model" -> ModelCase.run(c, device);
            default -> OperatorCase.run(c, device, bar);
        }
    }

    /**
     * Runs the operators' cases, each {@code step}-th of them, for a device whose driver needs a process of its own.
     *
     * @return the number of cases
     */
    public static int runOperators(Device device, int step) throws IOException {
        List<Path> files = files(".safetensors");
        int cases = 0;
        for (int i = 0; i < files.size(); i += step) {
            ParityCase c = ParityCase.read(files.get(i));
            if (!c.op().equals("model")) {
                run(c, device, OPENCL.bar);
                cases++;
            }
        }
        return cases;
    }

    /** Denormals, infinities, NaN and 1e30; in double precision against PyTorch's float64. */
    @TestFactory
    List<DynamicTest> specialNumbers() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (On on : OpenClHere.missing().isPresent() ? List.of(REFERENCE, CPU, PLAIN) : List.of(REFERENCE, CPU, PLAIN, OPENCL)) {
            String file = "special." + (on == REFERENCE ? "float64" : "float32") + ".safetensors";
            try (InputStream in = ParityTest.class.getResourceAsStream(file)) {
                List<ParityCase> cases = ParityCase.readAll(in);
                tests.add(DynamicTest.dynamicTest(on.name, () -> {
                    try (Device device = on.device.get()) {
                        assertAll(cases.stream().map(c -> () -> OperatorCase.run(c, device, on.bar)));
                    }
                }));
            }
        }
        return tests;
    }

    @TestFactory
    List<DynamicTest> schedules() throws IOException {
        if (!Files.isDirectory(DIR)) {
            return absent();
        }
        List<DynamicTest> tests = new ArrayList<>();
        for (Path file : files(".json")) {
            JsonNode tables = new ObjectMapper().readTree(file.toFile());
            tables.fieldNames().forEachRemaining(name -> tests.add(DynamicTest.dynamicTest(file.getFileName() + ", " + name,
                    () -> schedule(name, tables.get(name)))));
        }
        return tests;
    }

    private static void schedule(String name, JsonNode table) {
        try (Device device = Device.reference()) {
            ScheduleCase.run(name, table, device);
        }
    }
}
