package thaw.engine.io;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that the tests of this package read, and files built from bytes. */
final class Fixture {

    private Fixture() {
    }

    /** A checkpoint in the resources folder, which also documents how each was created. */
    static byte[] bytes(String name) {
        try (InputStream in = Fixture.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static FileBytes file(String name) {
        return FileBytes.of(name, bytes(name));
    }

    /** A file in the shared folder; skips the test if it is missing. */
    static Path shared(String name) {
        Path path = Path.of(System.getProperty("shared.dir", "../../shared"), name);
        assumeTrue(Files.exists(path), "skipped: there is no " + path.toAbsolutePath().normalize());
        return path;
    }

    /** A safetensors file with a given header and number of data bytes, valid or not. */
    static FileBytes safetensors(String header, int dataBytes) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        return safetensors(text.length, text, dataBytes);
    }

    static FileBytes safetensors(long headerLength, byte[] header, int dataBytes) {
        ByteBuffer file = ByteBuffer.allocate(8 + header.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(headerLength).put(header);
        for (int i = 0; i < dataBytes; i++) {
            file.put((byte) i);
        }
        return FileBytes.of("crafted.safetensors", file.array());
    }
}
