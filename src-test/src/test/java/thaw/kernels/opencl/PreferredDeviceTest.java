package thaw.kernels.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.kernels.Backend;
import thaw.kernels.CacheFolder;
import thaw.kernels.cpu.CpuBackend;
import thaw.kernels.opencl.OpenClDevice.Type;

/** The devices that {@code auto} prefers to the CPU. */
class PreferredDeviceTest {

    @TempDir
    private Path folder;

    private static OpenClDevice device(int index, Type type, int units) {
        return new OpenClDevice(index, "device " + index, type, "vendor", "platform", "1", "1.2", "1", units, 1000, 1L << 30,
                1L << 28, 1 << 15, true, 1, 256, type != Type.DISCRETE_GPU);
    }

    @Test
    void aGraphicsCardIsTakenWithoutARace() {
        OpenClDevice small = device(1, Type.DISCRETE_GPU, 8);
        OpenClDevice large = device(2, Type.DISCRETE_GPU, 40);
        List<OpenClDevice> all = List.of(device(0, Type.INTEGRATED_GPU, 96), small, large, device(3, Type.CPU, 64));
        assertEquals(Optional.of(large), PreferredDevice.choose(all, d -> fail("no race for " + d)));
    }

    @Test
    void anIntegratedOneMustWin() {
        OpenClDevice integrated = device(1, Type.INTEGRATED_GPU, 24);
        List<OpenClDevice> all = List.of(device(0, Type.CPU, 64), integrated);
        assertEquals(Optional.of(integrated), PreferredDevice.choose(all, d -> true));
        assertEquals(Optional.empty(), PreferredDevice.choose(all, d -> false));
    }

    @Test
    void theProcessorAndAcceleratorsAreNeverTaken() {
        List<OpenClDevice> all = List.of(device(0, Type.CPU, 64), device(1, Type.ACCELERATOR, 64));
        assertEquals(Optional.empty(), PreferredDevice.choose(all, d -> true));
    }

    // ---- the race --------------------------------------------------------------------------------------------------

    @Test
    void aRaceIsRunOnce() {
        AtomicInteger runs = new AtomicInteger();
        Supplier<Backend> counted = () -> {
            runs.incrementAndGet();
            return CpuBackend.create(1);
        };
        boolean won = new Race(folder).wins("a, driver 1, against b", counted, counted);
        assertEquals(2, runs.get());
        assertEquals(won, new Race(folder).wins("a, driver 1, against b", counted, counted));
        assertEquals(2, runs.get(), "the second result is cached");
        new Race(folder).wins("a, driver 2, against b", counted, counted);
        assertEquals(4, runs.get(), "another driver version is measured again");
    }

    @Test
    void aDamagedFileIsAsGoodAsNone() throws IOException {
        for (byte[] content : List.of(new byte[] {(byte) 0xff, (byte) 0xfe, 0}, "a=maybe".getBytes(), "a=\\u12".getBytes())) {
            Files.write(folder.resolve("races.properties"), content);
            Supplier<Backend> backend = () -> CpuBackend.create(1);
            boolean won = new Race(folder).wins("a", backend, backend);
            assertEquals("" + won, Files.readAllLines(folder.resolve("races.properties")).stream()
                    .filter(line -> line.startsWith("a=")).findFirst().orElseThrow().substring(2));
        }
    }

    @Test
    void aFolderThatCannotBeMadeCostsNothingButTheNextRace() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        Supplier<Backend> backend = () -> CpuBackend.create(1);
        new Race(file.resolve("below")).wins("a", backend, backend);
        assertTrue(Files.isRegularFile(file));
    }

    @Test
    void cachesLieWhereTheSystemKeepsThem() {
        Path home = Path.of("/home/me");
        assertEquals(home.resolve(".cache/thaw"), CacheFolder.path("Linux", home, Map.of()));
        assertEquals(Path.of("/var/c/thaw"), CacheFolder.path("Linux", home, Map.of("XDG_CACHE_HOME", "/var/c")));
        assertEquals(home.resolve(".cache/thaw"), CacheFolder.path("Linux", home, Map.of("XDG_CACHE_HOME", "relative")));
        assertEquals(home.resolve("Library/Caches/thaw"), CacheFolder.path("Mac OS X", home, Map.of()));
        assertEquals(Path.of("/l/thaw"), CacheFolder.path("Windows 11", home, Map.of("LOCALAPPDATA", "/l")));
        assertFalse(CacheFolder.path().toString().isEmpty());
    }
}
