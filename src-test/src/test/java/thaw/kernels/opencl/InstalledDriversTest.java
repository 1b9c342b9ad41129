package thaw.kernels.opencl;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstalledDriversTest {

    @TempDir
    private Path folder;

    @Test
    void aDriverForProcessorsAloneIsNoReasonToAsk() throws IOException {
        assertFalse(InstalledDrivers.areForProcessorsOnly("linux", folder), "no driver is listed: the loader may find others");
        Files.writeString(folder.resolve("pocl.icd"), "libpocl.so.2.10.0\n");
        Files.writeString(folder.resolve("README"), "libother.so");
        assertTrue(InstalledDrivers.areForProcessorsOnly("linux", folder));
        assertFalse(InstalledDrivers.areForProcessorsOnly("mac os x", folder));
        Files.writeString(folder.resolve("nvidia.icd"), "libnvidia-opencl.so.1\n");
        assertFalse(InstalledDrivers.areForProcessorsOnly("linux", folder));
        assertFalse(InstalledDrivers.areForProcessorsOnly("linux", folder.resolve("missing")));
    }
}
