package thaw.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import thaw.kernels.BackendProvider;

/** Devices by name, and the backends that offer them. */
class BackendsTest {

    @Test
    void providersAreFoundInOrderOfPreference() {
        assertEquals(List.of("opencl", "cpu", "reference"), Device.providers().stream().map(BackendProvider::name).toList());
    }

    @Test
    void whatAProviderOffersCanBeOpened() {
        for (BackendProvider provider : Device.providers()) {
            if (!provider.name().equals("opencl")) {
                for (BackendProvider.Offer offer : provider.devices()) {
                    try (Device device = Device.open(offer.device())) {
                        assertEquals(offer.description(), device.description());
                    }
                }
            }
        }
        try (Device device = Device.open("cpu", 3)) {
            assertTrue(device.description().endsWith(", 3 threads"), device::toString);
        }
    }

    @Test
    void aWrongNameIsAnsweredWithTheRightOnes() {
        String message = assertThrows(IllegalArgumentException.class, () -> Device.open("gpu")).getMessage();
        assertEquals("device: expected auto, opencl, cpu, reference, got 'gpu'", message);
        for (String wrong : List.of("cpu:1", "reference:0", "opencl:", "opencl:x", "opencl:1:2", "opencl:-1")) {
            message = assertThrows(IllegalArgumentException.class, () -> Device.open(wrong)).getMessage();
            assertTrue(message.endsWith("got '" + wrong + "'"), message);
        }
    }

    /** The engine alone, without the CPU's and OpenCL's backends, in a class loader of its own. */
    @Test
    void aMissingBackendIsNamedByItsArtifact() throws Exception {
        List<URL> engine = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            String path = entry.replace(File.separatorChar, '/');
            if (path.matches(".*(kernels/contract|engine)/target/.*")) {
                engine.add(Path.of(entry).toUri().toURL());
            }
        }
        assertEquals(2, engine.size(), engine::toString);
        try (URLClassLoader alone = new URLClassLoader(engine.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            var open = alone.loadClass("thaw.engine.Device").getMethod("open", String.class);
            ((AutoCloseable) open.invoke(null, "reference")).close();
            for (List<String> pair : List.of(List.of("auto", "cpu"), List.of("cpu", "cpu"), List.of("opencl:1", "opencl"))) {
                Throwable thrown = assertThrows(InvocationTargetException.class, () -> open.invoke(null, pair.get(0))).getCause();
                assertEquals("device " + pair.get(0) + ": its backend is not on the class path or module path; add the artifact"
                        + " dev.thaw:thaw-" + pair.get(1), thrown.getMessage());
            }
        }
    }
}
