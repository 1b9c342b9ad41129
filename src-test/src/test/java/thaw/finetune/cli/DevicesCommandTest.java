package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.kernels.opencl.OpenClDevice;
import thaw.kernels.opencl.OpenClDevices;
import thaw.kernels.opencl.OpenClHere;

/** {@code thaw devices}, and {@code --device} with a device that does not exist. */
class DevicesCommandTest {

    @TempDir
    private Path folder;

    private static String run(int code, String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        assertEquals(code, Main.run(args, new PrintWriter(out, true), new PrintWriter(err, true)), err::toString);
        return code == 0 ? out.toString() : err.toString();
    }

    @Test
    void theProcessorIsAlwaysListed() throws IOException {
        JsonNode json = new ObjectMapper().readTree(run(0, "devices", "--json"));
        assertEquals("cpu", json.get("cpu").get("name").asText());
        assertEquals(Runtime.getRuntime().availableProcessors(), json.get("cpu").get("threads").asInt());
        assertTrue(json.get("cpu").get("vector_floats").asInt() >= 1);
        assertEquals(json.get("opencl").isEmpty(), json.get("opencl_problem").isTextual(), json::toString);
        assertTrue(run(0, "devices").startsWith("cpu "));
    }

    @Test
    void everyOpenClDeviceIsListed() throws IOException {
        OpenClHere.require();
        List<OpenClDevice> devices = OpenClDevices.list();
        JsonNode json = new ObjectMapper().readTree(run(0, "devices", "--json")).get("opencl");
        String text = run(0, "devices");
        assertEquals(devices.size(), json.size());
        for (OpenClDevice device : devices) {
            JsonNode one = json.get(device.index());
            assertEquals("opencl:" + device.index(), one.get("name").asText());
            assertEquals(device.memory(), one.get("memory").asLong());
            assertEquals(device.largestAllocation(), one.get("largest_allocation").asLong());
            assertEquals(device.type().label(), one.get("type").asText());
            String units = device.computeUnits() + " compute units";
            for (String part : List.of(device.name(), device.vendor(), device.driver(), units)) {
                assertTrue(text.contains(part), text);
            }
        }
    }

    @Test
    void aDeviceThatIsNotThereIsAnsweredWithThoseThatAre() throws IOException {
        OpenClHere.require();
        Path images = ColourImages.blueAndRed(folder.resolve("data"));
        String line = run(2, "train", images.toString(), "--arch", "resnet20", "--device", "opencl:99", "-o",
                folder.resolve("m.safetensors").toString());
        assertTrue(line.contains("no device 99") && line.contains(OpenClDevices.list().get(0).name()), line);
        assertEquals(1, line.lines().filter(l -> !l.contains("--add-modules")).count(), line);
        for (String wrong : List.of("opencl:", "opencl:x", "opencl:-1", "OpenCL", "gpu")) {
            assertTrue(run(2, "train", "x", "--device", wrong).contains("opencl:N"), wrong);
        }
    }

    @Test
    void trainingRunsOnTheDeviceThatIsNamed() throws IOException {
        OpenClHere.require();
        Path images = ColourImages.blueAndRed(folder.resolve("data"));
        int index = OpenClDevices.best().index();
        JsonNode json = new ObjectMapper().readTree(run(0, "train", images.toString(), "--arch", "resnet20", "--size", "8",
                "--epochs", "1", "--device", "opencl:" + index, "--json", "-o", folder.resolve("m.safetensors").toString()));
        assertTrue(json.get("device").asText().contains(OpenClDevices.best().name()), json::toString);
    }

    /** With {@code --device cpu} no OpenCL class is loaded. */
    @Test
    void theProcessorsPathTouchesNoOpenCl() throws IOException {
        Path images = ColourImages.blueAndRed(folder.resolve("data"));
        ThawProcess thaw = ThawProcess.start(folder, List.of("--add-modules", "jdk.incubator.vector", "-XX:TieredStopAtLevel=1",
                "-Xlog:class+load:stderr"),
                "train", images, "--arch", "resnet20", "--size", 8, "--epochs", 1, "--device", "cpu", "-o", "m.safetensors");
        assertEquals(0, thaw.exitCode());
        List<String> loaded = thaw.errors();
        assertTrue(loaded.stream().anyMatch(line -> line.contains("thaw.kernels.cpu.CpuBackend")), "classes are logged");
        assertFalse(loaded.stream().anyMatch(line -> line.contains("org.jocl")), "JOCL");
    }
}
