package thaw.kernels.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compiled programs are found by later processes, and rebuilt where what is found is not exactly what was written. */
class ProgramCacheTest {

    private static final byte[] BINARY = "a program".getBytes();

    @TempDir
    private Path folder;

    private static byte[] identity(String source, String options) {
        return ProgramCache.identity(DryQueue.H100, source, options);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(folder.resolve("opencl-programs"))) {
            return all.toList();
        }
    }

    @Test
    void aProgramIsReadAsItWasWritten() throws IOException {
        byte[] mine = identity("kernel", "-D A=1");
        ProgramCache.in(folder).write(mine, BINARY);
        assertArrayEquals(BINARY, ProgramCache.in(folder).read(mine).orElseThrow());
        assertEquals(1, files().size(), "no temporary file stays");
        for (byte[] other : List.of(identity("kernel ", "-D A=1"), identity("kernel", "-D A=2"), identity("kernel-D A=1", ""))) {
            assertEquals(Optional.empty(), ProgramCache.in(folder).read(other));
        }
        ProgramCache.NONE.write(mine, BINARY);
        assertEquals(Optional.empty(), ProgramCache.NONE.read(mine));
    }

    @Test
    void damagedAndForeignFilesAreNotRead() throws IOException {
        byte[] mine = identity("kernel", "");
        byte[] other = identity("other", "");
        ProgramCache cache = ProgramCache.in(folder);
        cache.write(mine, BINARY);
        Path file = files().get(0);
        byte[] whole = Files.readAllBytes(file);
        for (int at = 0; at < whole.length; at++) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 1;
            Files.write(file, damaged);
            assertFalse(cache.read(mine).isPresent());
            Files.write(file, Arrays.copyOf(whole, at));
            assertFalse(cache.read(mine).isPresent());
        }
        cache.write(other, BINARY);
        Path others = files().stream().filter(f -> !f.equals(file)).findFirst().orElseThrow();
        Files.write(file, Files.readAllBytes(others));
        assertFalse(cache.read(mine).isPresent(), "another program's file");
        cache.write(mine, BINARY);
        assertTrue(cache.read(mine).isPresent(), "the file can be written again");
    }

    @Test
    void aFolderThatCannotBeMadeIsNoCache() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        ProgramCache cache = ProgramCache.in(file);
        cache.write(identity("kernel", ""), BINARY);
        assertEquals(Optional.empty(), cache.read(identity("kernel", "")));
        assertTrue(Files.isRegularFile(file));
    }

    /** The driver's own cache is empty for each process, so that the second can only be faster by Thaw's. */
    @Test
    void aSecondProcessDoesNotCompile() throws Exception {
        OpenClHere.require();
        Path cache = folder.resolve("cache");
        // Two at once share a cache that neither has found.
        List<OpenClProcess> first = List.of(compute(cache, "a"), compute(cache, "b"));
        List<String> results = List.of(first.get(0).result(), first.get(1).result());
        String second = compute(cache, "c").result();
        for (String result : results) {
            assertEquals(result.split(" ")[0], second.split(" ")[0]);
            assertTrue(seconds(second) < seconds(result), () -> results + ", then " + second);
        }
        // A file that is whole, but no program to this driver.
        ProgramCache programs = ProgramCache.in(cache);
        OpenClDevice device = OpenClDevices.best();
        byte[] identity = ProgramCache.identity(device, Programs.source("dropout.cl"), "-cl-std=CL1.2");
        assertTrue(programs.read(identity).isPresent());
        programs.write(identity, BINARY);
        String third = compute(cache, "d").result();
        assertEquals(second.split(" ")[0], third.split(" ")[0]);
        assertTrue(programs.read(identity).orElseThrow().length > BINARY.length, "the file is replaced");
    }

    private OpenClProcess compute(Path cache, String driversCache) throws IOException {
        return OpenClProcess.start("compute", cache,
                Map.of("POCL_CACHE_DIR", Files.createDirectories(folder.resolve(driversCache)).toString()));
    }

    private static double seconds(String result) {
        return Double.parseDouble(result.split(" ")[1]);
    }
}
