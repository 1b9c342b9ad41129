package thaw.kernels.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.kernels.Array;
import thaw.kernels.Shape;

/** Error messages where OpenCL is not available or is used wrongly: one line that says what to do. */
class OpenClErrorsTest {

    @TempDir
    private Path folder;

    // ---- libraries -------------------------------------------------------------------------------------------------

    @Test
    void theLoadersListOfLibrariesIsAsked() throws IOException {
        assertFalse(SystemLibrary.isPresent("linux", folder, ""));
        Path cache = Files.createDirectories(folder.resolve("etc")).resolve("ld.so.cache");
        Files.write(cache, "glibc-ld.so.cache1.1\0\1\2\3libm.so.6\0/lib/libm.so.6\0".getBytes());
        assertFalse(SystemLibrary.isPresent("linux", folder, ""));
        Files.write(cache, "glibc-ld.so.cache1.1\0\1\2\3libOpenCL.so.1\0/opt/libOpenCL.so.1\0".getBytes());
        assertTrue(SystemLibrary.isPresent("linux", folder, ""));
    }

    @Test
    void theLoadersFoldersAreAsked() throws IOException {
        Path vendor = Files.createDirectories(folder.resolve("opt/vendor"));
        String path = "::" + folder.resolve("nowhere") + ":" + vendor;
        assertFalse(SystemLibrary.isPresent("linux", folder, path));
        Files.createFile(vendor.resolve("libOpenCL.so.1"));
        assertTrue(SystemLibrary.isPresent("linux", folder, path));
        Files.createFile(Files.createDirectories(folder.resolve("usr/lib")).resolve("libOpenCL.so"));
        assertTrue(SystemLibrary.isPresent("linux", folder, ""));
    }

    @Test
    void whatIsMissingIsNamed() {
        UnsatisfiedLinkError noLibrary = new UnsatisfiedLinkError("Could not initialize native OpenCL library");
        assertSays(JoclLibrary.message(noLibrary, "Linux", "amd64", folder), "no OpenCL library", "install", "CPU");
        Error afterwards = new NoClassDefFoundError("Could not initialize class org.jocl.CL");
        assertSays(JoclLibrary.message(afterwards, "Linux", "amd64", folder), "no OpenCL library");
        assertSays(JoclLibrary.message(noLibrary, "Linux", "riscv64", folder), "no native library for Linux on riscv64");
        assertSays(JoclLibrary.message(noLibrary, "Windows 11", "aarch64", folder), "Windows 11 on aarch64");
        Path missing = folder.resolve("missing");
        assertSays(JoclLibrary.message(noLibrary, "Mac OS X", "aarch64", missing), missing.toString(), "-Djava.io.tmpdir");
        UnsatisfiedLinkError damaged = new UnsatisfiedLinkError("Error while loading native library\n"
                + "java.lang.UnsatisfiedLinkError: /t/libJOCL_2-linux.so: /t/libJOCL_2-linux.so: file too short\n\tat somewhere");
        assertSays(JoclLibrary.message(damaged, "Linux", "amd64", folder), "/t/libJOCL_2-linux.so", "file too short", "delete");
    }

    private static void assertSays(String message, String... parts) {
        assertTrue(message.startsWith("OpenCL: ") && message.lines().count() == 1, message);
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }

    // ---- devices ---------------------------------------------------------------------------------------------------

    @Test
    void anUnknownNumberIsAnsweredWithThoseThatThereAre() {
        OpenClHere.require();
        List<OpenClDevice> devices = OpenClDevices.list();
        for (int wrong : new int[] {-1, devices.size()}) {
            String message = assertThrows(OpenClException.class, () -> OpenClBackend.open(wrong)).getMessage();
            assertSays(message, "no device " + wrong, devices.get(0).toString());
        }
    }

    @Test
    void devicesDescribeThemselves() {
        OpenClHere.require();
        List<OpenClDevice> devices = OpenClDevices.list();
        for (int i = 0; i < devices.size(); i++) {
            OpenClDevice d = devices.get(i);
            assertEquals(i, d.index());
            for (String text : List.of(d.name(), d.vendor(), d.driver(), d.platform())) {
                assertFalse(text.isEmpty(), d::toString);
            }
            assertTrue(d.computeUnits() > 0 && d.memory() > 0 && d.localMemory() > 0 && d.largestWorkGroup() > 0, d::toString);
            assertTrue(d.largestAllocation() > 0 && d.largestAllocation() <= d.memory(), d::toString);
        }
        assertTrue(devices.contains(OpenClDevices.best()));
    }

    // ---- kernels ---------------------------------------------------------------------------------------------------

    @Test
    void aKernelThatDoesNotCompileComesWithTheCompilersComplaint() {
        OpenClHere.require();
        DeviceQueue queue = new DeviceQueue(OpenClDevices.handle(OpenClDevices.best().index()), Long.MAX_VALUE, false, ProgramCache.NONE);
        try (queue; Programs programs = new Programs(queue)) {
            OpenClException refused = assertThrows(OpenClException.class,
                    () -> programs.kernel("sum.cl", "sum_rows", Map.of("tree_sum", 3)));
            assertSays(refused.getMessage(), "sum.cl", "-D tree_sum=3", "error");
            assertTrue(refused.getCause().getMessage().lines().count() > 1, "the cause contains the whole log");
            assertEquals(0, queue.objects().live().programs());
            assertSays(assertThrows(OpenClException.class, () -> programs.kernel("sum.cl", "product")).getMessage(),
                    "product", "sum.cl");
        }
    }

    @Test
    void aWorkGroupThatIsTooLargeIsRefused() {
        OpenClHere.require();
        DeviceQueue queue = new DeviceQueue(OpenClDevices.handle(OpenClDevices.best().index()), Long.MAX_VALUE, false, ProgramCache.NONE);
        try (queue; Programs programs = new Programs(queue)) {
            CompiledKernel kernel = programs.kernel("elementwise.cl", "fill");
            int size = 2 * kernel.largestGroup();
            assertSays(assertThrows(OpenClException.class, () -> programs.launch(kernel).groups(1, size)).getMessage(),
                    "fill", size + " work-items", "allows " + kernel.largestGroup());
            assertEquals(Integer.highestOneBit(kernel.largestGroup()), kernel.groupSize(Integer.MAX_VALUE));
            assertEquals(4, kernel.groupSize(7));
        }
    }

    @Test
    void aClosedDeviceSaysSo() {
        OpenClHere.require();
        OpenClBackend backend = OpenClBackend.open();
        Array x = backend.zeros(Shape.of(4));
        backend.close();
        String message = assertThrows(IllegalStateException.class, () -> backend.fill(x, 1)).getMessage();
        assertTrue(message.contains("is closed"), message);
    }
}
