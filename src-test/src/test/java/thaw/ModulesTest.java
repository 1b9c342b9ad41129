package thaw;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program that computes gradients and predicts, with Thaw on the module path, on the class path and in a run-time image. */
class ModulesTest {

    private static final String MODULE = """
            module app {
                requires thaw.predict;
            }
            """;

    /** Prints the device, whether there are gradients, and the prediction of a network whose bias decides it. */
    private static final String PROGRAM = """
            package app;

            import java.awt.image.BufferedImage;
            import java.nio.file.Path;
            import java.util.List;
            import thaw.engine.Device;
            import thaw.engine.Scope;
            import thaw.engine.functional.Functional;
            import thaw.finetune.images.Transforms;
            import thaw.finetune.predict.Classifier;
            import thaw.finetune.predict.ModelFile;
            import thaw.kernels.Shape;
            import thaw.resnet.ResNet;

            public final class Main {
                public static void main(String[] args) throws Exception {
                    Path file = Path.of("model.safetensors");
                    try (Device device = Device.auto(1); Scope scope = device.scope()) {
                        System.out.println(device.description());
                        ResNet net = ResNet.resnet20(device, 2);
                        Functional.crossEntropy(net.forward(device.ones(Shape.of(2, 3, 16, 16))), device.labels(0, 1)).backward();
                        System.out.println(net.parameters().stream().allMatch(p -> p.grad() != null));
                        net.namedParameters().get("fc.bias").set(0, 99);
                        ModelFile.of(net, List.of("cat", "dog"), Transforms.of(16)).write(file);
                    }
                    try (Classifier classifier = Classifier.load(file)) {
                        System.out.println(classifier.predict(new BufferedImage(20, 30, BufferedImage.TYPE_INT_RGB)).label());
                    }
                }
            }
            """;

    /** The modules that the program needs, by the folders of their classes and the names of their jars. */
    private static final List<String> NEEDED = List.of("/kernels/contract/target/", "/kernels/cpu/target/", "/engine/target/",
            "/resnet/target/", "/finetune/predict/target/", "/jackson-core-");

    private static final String VECTORS = "cpu, Vector API";

    @TempDir
    private Path folder;
    private String thaw;

    @BeforeEach
    void compileTheProgram() throws IOException {
        List<String> found = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> NEEDED.stream().anyMatch(entry.replace(File.separatorChar, '/')::contains)).toList();
        assertEquals(NEEDED.size(), found.size(), found::toString);
        thaw = String.join(File.pathSeparator, found);
        List<String> sources = List.of(write("module-info.java", MODULE), write("Main.java", PROGRAM));
        List<String> javac = new ArrayList<>(List.of("-p", thaw, "-d", app()));
        javac.addAll(sources);
        assertEquals(0, ToolProvider.getSystemJavaCompiler().run(null, null, null, javac.toArray(String[]::new)));
    }

    /** The Vector API is used without a flag, because the CPU backend's module requires it. */
    @Test
    void onTheModulePath() throws Exception {
        assertRuns(VECTORS, java(), "-p", thaw + File.pathSeparator + app(), "-m", "app/app.Main");
    }

    @Test
    void onTheClassPath() throws Exception {
        String classPath = thaw + File.pathSeparator + app();
        assertRuns(VECTORS, java(), "--add-modules", "jdk.incubator.vector", "-cp", classPath, "app.Main");
        assertRuns("cpu, plain loops", java(), "-cp", classPath, "app.Main");
    }

    @Test
    void inARunTimeImage() throws Exception {
        Path home = Path.of(System.getProperty("java.home"));
        Path jlink = home.resolve("bin/jlink");
        assumeTrue(Files.isExecutable(jlink), "skipped: this Java has no jlink");
        assumeTrue(Files.isDirectory(home.resolve("jmods")) || run(jlink.toString(), "--help").contains("run-time image enabled"),
                "skipped: this Java has no jmods");
        Path image = folder.resolve("image");
        run(jlink.toString(), "-p", thaw + File.pathSeparator + app(), "--add-modules", "app,thaw.kernels.cpu", "--output",
                image.toString());
        assertRuns(VECTORS, image.resolve("bin/java").toString(), "-m", "app/app.Main");
        String modules = run(image.resolve("bin/java").toString(), "--list-modules");
        assertEquals(List.of("app", "com.fasterxml.jackson.core", "thaw.engine", "thaw.kernels", "thaw.kernels.cpu",
                "thaw.predict", "thaw.resnet"),
                modules.lines().map(line -> line.replaceFirst("@.*", ""))
                        .filter(name -> !name.matches("jdk\\..*|java\\..*")).toList());
    }

    private void assertRuns(String device, String... command) throws Exception {
        List<String> lines = run(command).lines().toList();
        assertTrue(lines.get(0).startsWith(device), lines::toString);
        assertEquals(List.of("true", "dog"), lines.subList(1, lines.size()));
    }

    /** The output of a command, stdout and stderr together, without Java's warning of the Vector API. */
    private String run(String... command) throws IOException, InterruptedException {
        Path printed = Files.createTempFile(folder, "printed", ".txt");
        Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
                .redirectOutput(printed.toFile()).start();
        assertTrue(process.waitFor(2, TimeUnit.MINUTES), "still running after two minutes");
        String output = Files.readString(printed).replaceFirst("WARNING: Using incubator modules.*\\R", "");
        assertEquals(0, process.exitValue(), output);
        return output;
    }

    private String write(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content).toString();
    }

    private String app() {
        return folder.resolve("app").toString();
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }
}
