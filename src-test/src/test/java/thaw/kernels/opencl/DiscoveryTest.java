package thaw.kernels.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.parity.ParityTest;

/** Looking for devices, in processes of their own: a driver is initialised once in a process. */
class DiscoveryTest {

    /** Where Debian's mesa-opencl-icd names it. */
    private static final Path RUSTICL = Path.of("/etc/OpenCL/vendors/rusticl.icd");

    @TempDir
    private Path folder;

    /** Drivers end the process if two threads initialise them at once. */
    @Test
    void severalThreadsMayLookForDevicesAtOnce() throws Exception {
        OpenClHere.require();
        int[] expected = new int[4];
        Arrays.fill(expected, OpenClDevices.list().size());
        for (int process = 0; process < 3; process++) {
            assertEquals(Arrays.toString(expected), OpenClProcess.start("discover", folder, Map.of()).result());
        }
    }

    /** Mesa's driver refuses types of devices that OpenCL does not define, and has no device unless it is named one. */
    @Test
    void rusticlsDeviceIsFoundAndComputes() throws Exception {
        OpenClHere.require();
        String here = OpenClProcess.start("compute", folder, Map.of()).result();
        String there = OpenClProcess.start("compute", folder, rusticl("llvmpipe")).result();
        assertEquals(here.split(" ")[0], there.split(" ")[0]);
        assertTrue(refusal(rusticl("")).contains("no driver offers a device"));
    }

    /** A second compiler and another order of work-items than PoCL's. */
    @Test
    void rusticlsOperatorsAgreeWithPyTorch() throws Exception {
        Map<String, String> rusticl = rusticl("llvmpipe");
        if (!Files.isDirectory(ParityTest.DIR)) {
            Assumptions.abort("no parity cases in " + ParityTest.DIR + "; name their directory by -Dparity.dir=…");
        }
        int cases = Integer.parseInt(OpenClProcess.start("parity", folder, rusticl).result());
        assertTrue(cases >= 3, () -> cases + " cases");
    }

    /** The variables under which Rusticl is the only driver, with this device. */
    private Map<String, String> rusticl(String device) throws IOException {
        if (!Files.exists(RUSTICL)) {
            Assumptions.abort("Rusticl is not installed; its test is skipped");
        }
        Path vendors = Files.createDirectories(folder.resolve("vendors"));
        Files.copy(RUSTICL, vendors.resolve("rusticl.icd"), StandardCopyOption.REPLACE_EXISTING);
        return Map.of("OCL_ICD_VENDORS", vendors.toString(), "RUSTICL_ENABLE", device);
    }

    /** A loader without a driver. */
    @Test
    void aSystemWithoutADriverSaysSo() throws Exception {
        OpenClHere.require();
        Path none = Files.createDirectories(folder.resolve("vendors"));
        String refusal = refusal(Map.of("OCL_ICD_VENDORS", none.toString()));
        assertTrue(refusal.contains("but no driver"), refusal);
    }

    private String refusal(Map<String, String> environment) throws Exception {
        OpenClProcess process = OpenClProcess.start("compute", folder, environment);
        return assertThrows(AssertionError.class, process::result).getMessage();
    }
}
