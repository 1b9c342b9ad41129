package thaw.finetune.train;

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

/** README's Java examples compile, and its prediction example runs, on a Java without any flag. */
class ReadmeExamplesTest {
    private static final Pattern CLASS_NAME = Pattern.compile("public class (\\w+)");

    @TempDir
    private Path folder;

    @Test
    void theExampleInReadmeRunsAsItStands() throws Exception {
        String source = example("Embedding");
        assertTrue(source.lines().count() <= 13, "README promises about ten lines");
        String className = compile(source);

        ImageFolder data = ColourFolder.in(folder.resolve("data"));
        try (Device device = Device.cpu(1)) {
            Learner learn = new Learner(ResNet.resnet20(device, 2), data);
            learn.fitOneCycle(6, 0.1);
            learn.save(folder.resolve("dogscats.safetensors"));
        }
        Files.copy(data.valid().get(0).file(), folder.resolve("photo.jpg"));

        String printed = run(className, folder + File.pathSeparator + System.getProperty("java.class.path"));
        assertTrue(printed.matches("blue \\d?\\d\\d %\\R"), printed);
    }

    @Test
    void theExampleOfTrainingCompiles() throws Exception {
        assertEquals("DogsAndCats", compile(example("Training in Java")));
    }

    /** The Java block under a heading of README. */
    private static String example(String heading) throws IOException {
        Path readme = Path.of("../README.md");
        Matcher example = Pattern.compile("## " + heading + "\\n.*?```java\\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(readme));
        assertTrue(example.find(), "no java block under \"## " + heading + "\" in " + readme.toAbsolutePath().normalize());
        return example.group(1);
    }

    /** Compiles a class into the folder and returns its name. */
    private String compile(String source) throws IOException {
        Matcher className = CLASS_NAME.matcher(source);
        assertTrue(className.find(), source);
        Path file = folder.resolve(className.group(1) + ".java");
        Files.writeString(file, source);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        String classPath = System.getProperty("java.class.path");
        assertEquals(0, compiler.run(null, null, null, "-cp", classPath, "-d", folder.toString(), file.toString()));
        return className.group(1);
    }

    /** The program's output, stdout and stderr together. */
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
