package thaw;

import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Inputs that fuzzing found, each for a branch of its own; {@code src-test/fuzz/run corpus} collects them. */
public final class FuzzCorpus {

    private FuzzCorpus() {
    }

    /** The inputs beside a test class, by name. */
    public static Map<String, byte[]> of(Class<?> test) throws IOException {
        Map<String, byte[]> inputs = new LinkedHashMap<>();
        try (InputStream resource = test.getResourceAsStream("fuzz-corpus.zip"); ZipInputStream zip = new ZipInputStream(resource)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (!entry.isDirectory()) {
                    inputs.put(entry.getName(), zip.readAllBytes());
                }
            }
        }
        return inputs;
    }
}
