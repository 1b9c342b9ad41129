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

/**
 * Oclgrind interprets every kernel on small arrays, and reports races, accesses out of bounds and wrong calls of the API; of products
 * also values that are used before they are written.
 */
class OclgrindTest {

    /** Where Debian's package oclgrind has the driver. */
    private static final Path DRIVER = Path.of("/usr/lib/oclgrind/liboclgrind-rt-icd.so");
    private static final Path SOURCES = Path.of("thaw", "kernels", "opencl");
    /** The variables that switch on its reports of races, and of values that are used before they are written. */
    private static final String RACES = "OCLGRIND_DATA_RACES";
    private static final String UNWRITTEN = "OCLGRIND_UNINITIALIZED";
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

    /** The process's output, with the simulator's messages: each context would write a log file anew. */
    private List<String> simulate(String task, String classPath, String report) throws IOException, InterruptedException {
        Path vendors = Files.createDirectories(folder.resolve("vendors"));
        Files.writeString(vendors.resolve("oclgrind.icd"), DRIVER + "\n");
        Map<String, String> environment = Map.of("OCL_ICD_VENDORS", vendors.toString(), report, "1", "OCLGRIND_CHECK_API", "1",
                "OCLGRIND_BUILD_OPTIONS", "-cl-opt-disable");
        return OpenClProcess.start(task, folder, classPath, environment).output().lines()
                .filter(line -> !line.startsWith("WARNING:")).toList();
    }

    @Test
    void everyKernelIsFreeOfRacesAndStaysWithinItsArrays() throws Exception {
        List<String> output = simulate("kernels", OpenClProcess.CLASS_PATH, RACES);
        assertEquals(1, output.size(), () -> String.join("\n", output));
        List<String> ran = List.of(output.get(0).split(" "));
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

    /** Products alone, since this check takes longer than that for races. */
    @Test
    void productsReadWhatIsWritten() throws Exception {
        assertEquals(List.of(), simulate("product", OpenClProcess.CLASS_PATH, UNWRITTEN));
    }

    /** A control: a product whose panels are read before all work-items have filled them. */
    @Test
    void aMissingBarrierIsReported() throws Exception {
        String source = Programs.source("gemm.cl");
        int at = source.indexOf(BARRIER, source.indexOf("stage_step(nextA, nextB, as, bs);\n"));
        String messages = messages(source.substring(0, at) + source.substring(at + BARRIER.length()), RACES);
        assertTrue(messages.contains("data race"), messages);
    }

    /** A control: a product whose sums begin with whatever is in their registers. */
    @Test
    void aSumWithoutABeginningIsReported() throws Exception {
        String messages = messages(Programs.source("gemm.cl").replace("sum[i][j] = 0;", ""), UNWRITTEN);
        assertTrue(messages.contains("uninitialized value"), messages);
    }

    /** The simulator's messages about a product with this source of {@code gemm.cl}. */
    private String messages(String source, String report) throws Exception {
        Path resources = Files.createDirectories(folder.resolve(SOURCES));
        Files.writeString(resources.resolve("gemm.cl"), source);
        return String.join("\n", simulate("product", folder + File.pathSeparator + OpenClProcess.CLASS_PATH, report));
    }
}
