package thaw.kernels.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.Extent;

/** Oclgrind interprets every kernel on small arrays, and reports races, accesses out of bounds and wrong calls of the API. */
class OclgrindTest {

    /** Where Debian's package oclgrind has the driver. */
    private static final Path DRIVER = Path.of("/usr/lib/oclgrind/liboclgrind-rt-icd.so");
    private static final Path SOURCES = Path.of("thaw", "kernels", "opencl");
    private static final String BARRIER = "barrier(CLK_LOCAL_MEM_FENCE);";

    /** Kernels that measure a device. */
    private static final Set<String> PEAKS = Set.of("copy", "multiply_add");
    private static final Pattern KERNEL = Pattern.compile("(?m)^kernel void (\\w+)\\(");

    @TempDir
    private Path folder;

    @BeforeAll
    static void simulator() {
        Assumptions.assumeTrue(Extent.FULL, "skipped: Oclgrind takes half a minute; run it with -Dextent=full");
        OpenClHere.require();
        if (!Files.exists(DRIVER)) {
            Assumptions.abort("Oclgrind is not installed; its test is skipped");
        }
    }

    private OpenClProcess simulate(String task, String classPath) throws IOException {
        Path vendors = Files.createDirectories(folder.resolve("vendors"));
        Files.writeString(vendors.resolve("oclgrind.icd"), DRIVER + "\n");
        return OpenClProcess.start(task, folder, classPath, Map.of("OCL_ICD_VENDORS", vendors.toString(), "OCLGRIND_DATA_RACES", "1",
                "OCLGRIND_CHECK_API", "1", "OCLGRIND_LOG", log().toString(), "OCLGRIND_BUILD_OPTIONS", "-cl-opt-disable"));
    }

    private Path log() {
        return folder.resolve("log");
    }

    @Test
    void everyKernelIsFreeOfRacesAndStaysWithinItsArrays() throws Exception {
        List<String> ran = List.of(simulate("kernels", OpenClProcess.CLASS_PATH).result().split(" "));
        assertEquals("", Files.readString(log()));
        Set<String> missing = new TreeSet<>();
        URI source = OpenClBackend.class.getResource("gemm.cl").toURI();
        try (FileSystem jar = source.getScheme().equals("jar") ? FileSystems.newFileSystem(source, Map.of()) : null;
                Stream<Path> files = Files.list(Path.of(source).getParent())) {
            for (Path file : files.filter(file -> file.toString().endsWith(".cl")).toList()) {
                Matcher kernels = KERNEL.matcher(Files.readString(file));
                while (kernels.find()) {
                    missing.add(kernels.group(1));
                }
            }
        }
        ran.forEach(missing::remove);
        assertEquals(PEAKS, missing, "kernels that did not run");
    }

    /** The control: a product whose panels are read before all work-items have filled them. */
    @Test
    void aMissingBarrierIsReported() throws Exception {
        Path resources = Files.createDirectories(folder.resolve(SOURCES));
        String source = Programs.source("gemm.cl");
        int staged = source.indexOf("stage_step(nextA, nextB, as, bs);\n");
        int at = source.indexOf(BARRIER, staged);
        Files.writeString(resources.resolve("gemm.cl"), source.substring(0, at) + source.substring(at + BARRIER.length()));
        simulate("product", folder + File.pathSeparator + OpenClProcess.CLASS_PATH).result();
        String messages = Files.readString(log());
        assertTrue(messages.contains("data race"), messages);
    }
}
