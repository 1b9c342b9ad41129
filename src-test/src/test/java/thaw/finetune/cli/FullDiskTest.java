package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.Extent;
import thaw.faults.ObservedFileSystem;

/** No operation on the disk that fails costs anything that was saved before, and the message says which file could not be written. */
class FullDiskTest {

    @Test
    void eachOperationFailsOnce(@TempDir Path folder) throws IOException, InterruptedException {
        List<String> command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.nio.file.spi.DefaultFileSystemProvider=" + ObservedFileSystem.class.getName(), "--add-modules",
                "jdk.incubator.vector", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true", "-cp", System.getProperty("java.class.path"),
                FullDisk.class.getName(), folder.toString(), String.valueOf(Extent.times(1500, 250)), String.valueOf(Extent.times(96, 24)));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), printed);
        System.out.print(printed.lines().filter(line -> line.endsWith(" faults")).collect(Collectors.joining("\n", "", "\n")));
    }
}
