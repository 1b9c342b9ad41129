package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** README's example of training compiles, and those of embedding are parts of the applications that src-test/examples/run builds. */
class ReadmeExamplesTest {
    private static final Pattern CLASS_NAME = Pattern.compile("public class (\\w+)");

    @TempDir
    private Path folder;

    @Test
    void theExampleOfTrainingCompiles() throws Exception {
        assertEquals("DogsAndCats", compile(examples("Training in Java").get(0)));
    }

    @Test
    void theExamplesOfEmbeddingAreRun() throws IOException {
        List<String> sources = new ArrayList<>();
        try (Stream<Path> files = Files.find(Path.of("examples"), 9, (file, attributes) -> file.toString().endsWith(".java"))) {
            for (Path file : files.toList()) {
                sources.add(withoutIndentation(Files.readString(file)));
            }
        }
        for (String example : examples("Embedding")) {
            assertTrue(sources.stream().anyMatch(source -> source.contains(withoutIndentation(example))), example);
        }
    }

    /** The Java blocks under a heading of README. */
    private static List<String> examples(String heading) throws IOException {
        String section = Files.readString(Path.of("../README.md")).split("(?m)^## " + heading + "$")[1].split("(?m)^## ")[0];
        List<String> examples = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL).matcher(section).results()
                .map(block -> block.group(1)).toList();
        assertFalse(examples.isEmpty(), "no java block under \"## " + heading + "\" in README.md");
        return examples;
    }

    private static String withoutIndentation(String source) {
        return source.replaceAll("(?m)^ +", "");
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
