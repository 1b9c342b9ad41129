package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** README's example of training compiles; that of predicting is run by EmbeddingTest. */
class ReadmeExamplesTest {
    private static final Pattern CLASS_NAME = Pattern.compile("public class (\\w+)");

    @TempDir
    private Path folder;

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
}
