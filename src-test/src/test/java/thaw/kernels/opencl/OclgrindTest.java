package thaw.kernels.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The kernels in Oclgrind, which interprets them and reports data races, accesses outside buffers, and wrong uses of the
 * API. Skipped where it is not installed (Debian: {@code oclgrind}).
 */
class OclgrindTest {

    private static final Path DRIVER = Path.of("/usr/lib/oclgrind/liboclgrind-rt-icd.so");

    @TempDir
    private Path folder;

    private String reports(String task) throws Exception {
        OpenClHere.require();
        if (!Files.exists(DRIVER)) {
            Assumptions.abort("Oclgrind is not installed; its tests are skipped");
        }
        Path vendors = Files.createDirectories(folder.resolve("vendors"));
        Files.writeString(vendors.resolve("oclgrind.icd"), DRIVER.toString());
        Path log = folder.resolve("log");
        OpenClProcess.start(task, folder, Map.of("OCL_ICD_VENDORS", vendors.toString(), "OCLGRIND_DATA_RACES", "1",
                "OCLGRIND_CHECK_API", "1", "OCLGRIND_LOG", log.toString())).result();
        return Files.exists(log) ? Files.readString(log).strip() : "";
    }

    @Test
    void noKernelHasARaceOrLeavesItsBuffers() throws Exception {
        assertEquals("", reports("kernels"));
    }

    @Test
    void aMissingBarrierIsReported() throws Exception {
        String reports = reports("race");
        assertTrue(reports.contains("race"), () -> "reported: '" + reports + "'");
    }
}
