package thaw.kernels.cpu.generator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GeneratedSourcesTest {

    /** The CPU backend's sources, from the folder of the tests, in which Maven runs them. */
    private static final Path SOURCES = Path.of("../kernels/cpu/src/main/java/thaw/kernels/cpu");

    @Test
    void checkedInSourcesAreTheGenerators() throws IOException {
        for (Map.Entry<String, String> file : GeneratedSources.files().entrySet()) {
            assertEquals(file.getValue(), Files.readString(SOURCES.resolve(file.getKey())),
                    file.getKey() + " is not as generated; run src-test/generate");
        }
    }
}
