package thaw.kernels.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Looking for devices, in processes of their own: a driver is initialised once in a process. */
class DiscoveryTest {

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

    /** A loader without a driver. */
    @Test
    void aSystemWithoutADriverSaysSo() throws Exception {
        OpenClHere.require();
        Path none = Files.createDirectories(folder.resolve("vendors"));
        AssertionError refused = null;
        try {
            OpenClProcess.start("compute", folder, Map.of("OCL_ICD_VENDORS", none.toString())).result();
        } catch (AssertionError failed) {
            refused = failed;
        }
        assertTrue(refused != null && refused.getMessage().contains("no driver"), "" + refused);
    }
}
