package thaw.finetune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.finetune.data.ImageFolder;
import thaw.resnet.ResNet;

/** Compiles and runs the lines under README's heading "Embedding", in a Java without any flag. */
class EmbeddingExampleTest {
    private static final Pattern EXAMPLE = Pattern.compile("## Embedding\\n.*?```java\\n(.*?)```", Pattern.DOTALL);
    private static final Pattern CLASS_NAME = Pattern.compile("public class (\\w+)");

    @TempDir
    private Path folder;

    @Test
    void theExampleInReadmeRunsAsItStands() throws Exception {
        String source = example();
        assertTrue(source.lines().count() <= 13, "README promises about ten lines");
        Matcher className = CLASS_NAME.matcher(source);
        assertTrue(className.find(), source);
        Path file = folder.resolve(className.group(1) + ".java");
        Files.writeString(file, source);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        String classPath = System.getProperty("java.class.path");
        assertEquals(0, compiler.run(null, null, null, "-cp", classPath, "-d", folder.toString(), file.toString()));

        ImageFolder data = ColourFolder.in(folder.resolve("data"));
        try (Device device = Device.cpu(1)) {
            Learner learn = new Learner(ResNet.resnet20(device, 2), data);
            learn.fitOneCycle(6, 0.1);
            learn.save(folder.resolve("dogscats.safetensors"));
        }
        Files.copy(data.valid().get(0).file(), folder.resolve("photo.jpg"));

        String printed = run(className.group(1), folder + File.pathSeparator + classPath);
        assertTrue(printed.matches("blue \\d?\\d\\d %\\R"), printed);
    }

    private static String example() throws IOException {
        Path readme = Path.of("../README.md");
        Matcher example = EXAMPLE.matcher(Files.readString(readme));
        assertTrue(example.find(), "no java block under \"## Embedding\" in " + readme.toAbsolutePath().normalize());
        return example.group(1);
    }

    /** All that the program prints, on stdout and stderr. */
    private String run(String className, String classPath) throws IOException, InterruptedException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Path printed = folder.resolve("printed.txt");
        Process process = new ProcessBuilder(List.of(java, "-cp", classPath, className)).directory(folder.toFile())
                .redirectErrorStream(true).redirectOutput(printed.toFile()).start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "still running after a minute");
        assertEquals(0, process.exitValue(), () -> readAll(printed));
        return readAll(printed);
    }

    private static String readAll(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
