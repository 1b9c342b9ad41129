package thaw.resnet;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Files in the shared folder beside the project; a test that needs a missing one is skipped. */
final class SharedFiles {

    private SharedFiles() {
    }

    static Path weights(String name) {
        return found(Path.of(System.getProperty("shared.dir", "../../shared"), "data", "weights", name));
    }

    static Path parityCase(String name) {
        return found(Path.of(System.getProperty("parity.dir", "../../shared/parity/cases"), name));
    }

    private static Path found(Path path) {
        assumeTrue(Files.exists(path), "skipped: there is no " + path.toAbsolutePath().normalize());
        return path;
    }
}
