package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.kernels.opencl.OpenClHere;

/** {@code thaw tune}, and {@code thaw bench --profile} on OpenCL; figures are checked only for properties of any machine. */
class TuneCommandTest {

    private static final String CACHE = "thaw.cache";

    @TempDir
    private Path folder;
    private String before;

    @BeforeEach
    void keepTheUsersCacheAsItIs() {
        before = System.setProperty(CACHE, folder.toString());
    }

    @AfterEach
    void restore() {
        if (before == null) {
            System.clearProperty(CACHE);
        } else {
            System.setProperty(CACHE, before);
        }
    }

    private static String run(int code, String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        assertEquals(code, Main.run(args, new PrintWriter(out, true), new PrintWriter(err, true)), err::toString);
        assertEquals(code == 0 ? "" : err.toString(), err.toString());
        return code == 0 ? out.toString() : err.toString();
    }

    @Test
    void whatIsFoundIsToldAndStored() throws IOException {
        OpenClHere.require();
        JsonNode json = new ObjectMapper().readTree(run(0, "tune", "--device", "opencl", "--budget", "0s", "--json"));
        assertTrue(json.get("device").asText().matches("opencl:\\d+"), json::toString);
        assertEquals(4, json.get("products").size());
        for (JsonNode product : json.get("products")) {
            assertTrue(product.get("gflops").asDouble() > 0 && product.get("trials").asInt() == 1, json::toString);
        }
        assertTrue(Path.of(json.get("file").asText()).startsWith(folder) && Files.exists(Path.of(json.get("file").asText())));
    }

    @Test
    void wrongOptionsAreAnsweredInALine() {
        for (String[] wrong : new String[][] {{"--device", "cpu", "opencl:N"}, {"--device", "opencl:x", "thaw devices"},
            {"--budget", "soon", "90s"}, {"--budget", "-1", "seconds"}}) {
            String message = run(2, "tune", wrong[0], wrong[1]);
            assertTrue(message.startsWith("thaw: ") && message.contains(wrong[2]) && message.lines().count() == 1, message);
        }
    }

    @Test
    void kernelsAreListedBesideTheDevicesPeaks() throws IOException {
        OpenClHere.require();
        String[] bench = {"bench", "--device", "opencl", "--arch", "resnet20", "--mode", "train", "--batch", "2", "--size", "16",
            "--warm-up", "0", "--profile", "--json"};
        JsonNode json = new ObjectMapper().readTree(run(0, bench));
        assertTrue(json.get("peak_gflops").asDouble() > 0 && json.get("peak_gigabytes_per_second").asDouble() > 0, json::toString);
        boolean hasConvolution = false;
        for (JsonNode kernel : json.get("kernels")) {
            assertTrue(kernel.get("ms").asDouble() > 0 && kernel.get("runs").asInt() >= 0, json::toString);
            hasConvolution |= kernel.get("kernel").asText().equals("conv2d_weight_gradient") && kernel.get("gflops").asDouble() > 0;
        }
        assertTrue(hasConvolution, json::toString);
    }
}
