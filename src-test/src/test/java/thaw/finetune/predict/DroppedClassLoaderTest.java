package thaw.finetune.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonFactory;
import java.awt.image.BufferedImage;
import java.io.File;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.finetune.images.Transforms;
import thaw.kernels.Backend;
import thaw.kernels.cpu.CpuBackend;
import thaw.resnet.Network;
import thaw.resnet.ResNet;

/** An application server that drops an application with Thaw in it gets the memory of its classes back. */
class DroppedClassLoaderTest {

    /** A record that is used after those of Thaw: Java's ObjectMethods keeps the types alive that were linked last. */
    private record Later(String name) {
    }

    /** Predicts in a class loader of its own. Arguments: a model file, an image and Thaw's locations. */
    public static void main(String[] args) throws Exception {
        // Java's image library keeps the class loader that uses it first; servers therefore use it before their applications do.
        ImageIO.getReaderFormatNames();
        WeakReference<ClassLoader> dropped = predict(Path.of(args[0]), Path.of(args[1]), args[2].split(File.pathSeparator));
        System.out.println(new HashSet<>(List.of(new Later("a"))).contains(new Later("a")));
        for (int i = 0; i < 300 && dropped.get() != null; i++) {
            System.gc();
            Thread.sleep(100);
        }
        System.out.println(dropped.get() == null ? "collected" : "still referenced");
    }

    private static WeakReference<ClassLoader> predict(Path model, Path image, String... locations) throws Exception {
        URL[] urls = new URL[locations.length];
        for (int i = 0; i < urls.length; i++) {
            urls[i] = new File(locations[i]).toURI().toURL();
        }
        ClassLoader usual = Thread.currentThread().getContextClassLoader();
        try (URLClassLoader loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
            Thread.currentThread().setContextClassLoader(loader);
            Class<?> classifier = loader.loadClass("thaw.finetune.predict.Classifier");
            try (AutoCloseable loaded = (AutoCloseable) classifier.getMethod("load", Path.class).invoke(null, model)) {
                classifier.getMethod("predict", Path.class).invoke(loaded, image);
            }
            return new WeakReference<>(loader);
        } finally {
            Thread.currentThread().setContextClassLoader(usual);
        }
    }

    @Test
    void isCollected(@TempDir Path folder) throws Exception {
        Path model = folder.resolve("model.safetensors");
        Path image = folder.resolve("image.png");
        ImageIO.write(new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB), "png", image.toFile());
        try (Device device = Device.cpu(2)) {
            ModelFile.of(ResNet.resnet20(device, 2), List.of("a", "b"), Transforms.of(64)).write(model);
        }
        // Java keeps some types by soft references, which do not prevent collection where memory is needed.
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector", "-XX:SoftRefLRUPolicyMSPerMB=0", "-cp", System.getProperty("java.class.path"),
                DroppedClassLoaderTest.class.getName(), model.toString(), image.toString(), locations()).redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertEquals(0, process.waitFor(), printed);
        assertEquals("collected", printed.lines().reduce("", (first, second) -> second), printed);
    }

    /** The artifact thaw-predict and what it depends on. */
    private static String locations() {
        return Stream.of(Classifier.class, Network.class, Device.class, CpuBackend.class, Backend.class, JsonFactory.class)
                .map(type -> type.getProtectionDomain().getCodeSource().getLocation().getPath())
                .collect(Collectors.joining(File.pathSeparator));
    }
}
