package thaw.kernels.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.kernels.DeviceTuning;
import thaw.kernels.opencl.GemmTile.Staging;
import thaw.kernels.opencl.OpenClDevice.Type;

/** Tilings are searched, stored, and ignored if they are invalid or belong to another device. */
class TuningTest {

    @TempDir
    private Path folder;

    private static OpenClDevice device(Type type, String vendor, String driver) {
        return new OpenClDevice(0, "a device", type, vendor, "a platform", "1", "1.2", driver, 8, 1000, 1L << 30, 1L << 28, 48 << 10,
                !vendor.equals("ARM"), 16, 1024, type != Type.DISCRETE_GPU);
    }

    private static List<OpenClDevice> kindsOfDevices() {
        List<OpenClDevice> devices = new ArrayList<>();
        for (Type type : Type.values()) {
            for (String vendor : List.of("NVIDIA Corporation", "Advanced Micro Devices, Inc.", "Intel(R) Corporation", "Apple", "ARM")) {
                devices.add(device(type, vendor, "1"));
            }
        }
        return devices;
    }

    /** OpenCL allows 255 arguments to a kernel, however much space a device has for them. */
    @ParameterizedTest
    @ValueSource(longs = {1024, 2048, 4096, 4352, 1 << 20})
    void batchesOfTensorsStayWithinTheLimitsOfArguments(long bytes) {
        for (int pointers = 1; pointers <= 4; pointers++) {
            int capacity = TensorBatch.capacity(bytes, 32, pointers, 8);
            assertTrue(capacity * pointers + 5 <= 255, () -> bytes + " bytes");
            assertTrue(capacity == 20 || 32 + capacity * (8 * pointers + 16) <= bytes, () -> bytes + " bytes");
        }
        assertEquals(80, TensorBatch.capacity(4352, 32, 3, 8));
        assertEquals(60, TensorBatch.capacity(4352, 32, 4, 8));
    }

    @Test
    void identityIgnoresCommentsAlone() {
        assertEquals("kernel void f(global float *x) { x[0] /= 2; }",
                TuningCache.code("/* Halves.\n * Twice. */\nkernel void f(global float *x) {  // one item\n    x[0] /= 2;\n}\n"));
    }

    /** The warnings that are logged during a task. */
    private static List<String> warnings(Runnable work) {
        List<String> warnings = new ArrayList<>();
        Logger logger = Logger.getLogger(TuningCache.class.getPackageName());
        Handler listener = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                warnings.add(entry.getLevel() + " " + new SimpleFormatter().formatMessage(entry));
            }

            @Override
            public void flush() {
            }

            @Override
            public void close() {
            }
        };
        logger.addHandler(listener);
        logger.setUseParentHandlers(false);
        try {
            work.run();
        } finally {
            logger.removeHandler(listener);
            logger.setUseParentHandlers(true);
        }
        return warnings;
    }

    // ---- usual tiles, without measurements ---------------------------------------------------------------------------

    @Test
    void everyKindOfDeviceHasUsualTilesThatFitIt() {
        for (OpenClDevice device : kindsOfDevices()) {
            Tuning usual = Tuning.usual(device);
            for (ProductShape shape : ProductShape.values()) {
                GemmTile tile = usual.tiles().get(shape);
                assertTrue(tile.fits(device), () -> device + ": " + tile);
                assertEquals(device.type() == Type.CPU, tile.solo());
                assertEquals(device.type() != Type.CPU && !device.dedicatedLocalMemory(), tile.staging() == Staging.DIRECT);
            }
        }
    }

    @Test
    void everyTileIsTriedOnceTheUsualOneFirstAndThenThoseNearTheBest() {
        for (OpenClDevice device : List.of(device(Type.CPU, "A", "1"), device(Type.DISCRETE_GPU, "B", "1"))) {
            GemmTile usual = Tuning.usual(device).tiles().get(ProductShape.LARGE);
            TileSearch search = new TileSearch(device, usual, 1);
            assertEquals(usual, search.next(null));
            Set<GemmTile> tried = new HashSet<>(List.of(usual));
            while (!search.isOver()) {
                GemmTile tile = search.next(usual);
                assertTrue(tried.add(tile) && tile.fits(device), tile::toString);
            }
            assertTrue(tried.size() > 100, "number of tiles tried: " + tried.size());
        }
    }

    // ---- stored measurements -----------------------------------------------------------------------------------------

    @Test
    void aTuningIsReadAsItWasWritten() throws IOException {
        TuningCache cache = new TuningCache(folder.resolve("new"));
        OpenClDevice device = device(Type.CPU, "A", "1");
        assertEquals(Optional.empty(), cache.read(device));
        Tuning tuning = Tuning.of(new GemmTile(Staging.SOLO, 3, 2, 6, 32, 20, 16), 48)
                .with(ProductShape.DEEP, new GemmTile(Staging.DIRECT, 4, 4, 2, 2, 8, 2))
                .with(ProductShape.WIDE, new GemmTile(Staging.AHEAD, 4, 4, 2, 2, 8, 2));
        cache.write(device, Tuning.usual(device));
        Path file = cache.write(device, tuning);
        assertEquals(Optional.of(tuning), cache.read(device));
        assertEquals(Optional.empty(), cache.read(device(Type.CPU, "A", "another driver")));
        try (Stream<Path> files = Files.list(file.getParent())) {
            assertEquals(List.of(file), files.toList(), "no temporary files stay");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "not a tuning", "\\u00zz", "device=another\n", "tile.WIDE=solo 3 2 6 32 20\n",
        "tile.WIDE=solo 0 2 6 32 20 16\n", "tile.DEEP=shared 3 2 6 32 20 16\n", "winograd.channels=many\n", "winograd.channels=0\n"})
    void aFileThatCannotBeUsedIsIgnoredWithAWarning(String damage) throws IOException {
        TuningCache cache = new TuningCache(folder);
        OpenClDevice device = device(Type.CPU, "A", "1");
        Path file = cache.write(device, Tuning.usual(device));
        // An appended property overrides an earlier one; damage without a property replaces the whole file.
        Files.writeString(file, damage.contains("=") ? Files.readString(file) + damage : damage);
        List<String> warnings = warnings(() -> assertEquals(Optional.empty(), cache.read(device)));
        assertEquals(1, warnings.size(), warnings::toString);
        assertTrue(warnings.get(0).startsWith("WARNING " + file) && warnings.get(0).contains("thaw tune"), warnings::toString);
        cache.write(device, Tuning.usual(device));
        assertEquals(Optional.of(Tuning.usual(device)), cache.read(device), "the file can be written again");
    }

    @Test
    void anotherDevicesFileIsNotTaken() throws IOException {
        TuningCache cache = new TuningCache(folder);
        OpenClDevice one = device(Type.CPU, "A", "1");
        OpenClDevice other = device(Type.CPU, "A", "2");
        Files.copy(cache.write(one, Tuning.usual(one)), cache.file(other));
        assertTrue(warnings(() -> assertEquals(Optional.empty(), cache.read(other))).get(0).contains("driver is"));
    }

    // ---- measuring ---------------------------------------------------------------------------------------------------

    /** Left out of a sample, in which {@code TuneCommandTest} tunes as much. */
    @Test
    @EnabledIfSystemProperty(named = "extent", matches = "full")
    void theSmallestBudgetMeasuresTheUsualTilesAndStoresTheWinners() throws IOException {
        OpenClHere.require();
        List<Double> progress = new ArrayList<>();
        OpenClDevice device = OpenClDevices.best();
        DeviceTuning outcome = Tuner.tune(device.index(), Duration.ZERO, folder, progress::add);
        assertEquals(ProductShape.values().length, outcome.products().size());
        for (DeviceTuning.Product found : outcome.products()) {
            assertTrue(found.gflops() > 0 && found.gflops() >= found.usualGflops() && found.trials() == 1, found::toString);
        }
        assertTrue(outcome.file().startsWith(folder), () -> outcome.file().toString());
        assertFalse(progress.isEmpty());
        assertEquals(1, progress.get(progress.size() - 1));
        Tuning stored = new TuningCache(folder).read(device).orElseThrow();
        assertEquals(Tuning.usual(device).tiles(), stored.tiles());
        assertEquals(outcome.winogradChannels(), stored.winogradChannels());
    }

    /** A wrong result is simulated by a changed expected value. */
    @Test
    void whatIsNotTheReferencesResultDoesNotCount() {
        OpenClHere.require();
        TuningTrial trial = TuningTrial.of(ProductShape.NARROW).get(0);
        float[] expected = trial.expected();
        try (OpenClBackend backend = OpenClBackend.open()) {
            assertTrue(trial.isRight(backend, expected));
            expected[7] += 0.1f * Math.abs(expected[7]) + 1;
            assertFalse(trial.isRight(backend, expected));
        }
    }
}
