package thaw;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** COURSE.md's programs print the output beside them, and the files that it names are there. */
class CoursePageTest {
    private static final Path ROOT = Path.of("..");
    /** A program, and its output if the page has it. */
    private static final Pattern PROGRAM = Pattern
            .compile("```java\\n(.*?public class (\\w+) .*?)```\\n(?:\\nprints\\n\\n```text\\n(.*?)```)?", Pattern.DOTALL);

    @TempDir
    private Path folder;

    record Program(String name, String source, String output) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Program> programs() throws IOException {
        return find(PROGRAM).map(found -> new Program(found.group(2), found.group(1), found.group(3))).toList();
    }

    private static Stream<MatchResult> find(Pattern pattern) throws IOException {
        return pattern.matcher(Files.readString(ROOT.resolve("COURSE.md"))).results();
    }

    @Test
    void thereAreTwelveChaptersWithAProgramEach() throws IOException {
        assertEquals(12, find(Pattern.compile("(?m)^## \\d+\\. ")).count());
        assertEquals(12, programs().stream().map(Program::name).distinct().count());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("programs")
    void aProgramPrintsItsOutput(Program program) throws Exception {
        String printed = run(program);
        assertFalse(printed.isBlank());
        if (program.output != null) {
            assertEquals(program.output, printed);
        }
    }

    private String run(Program program) throws Exception {
        Path file = Files.writeString(folder.resolve(program.name + ".java"), program.source);
        assertEquals(0, ToolProvider.getSystemJavaCompiler().run(null, null, null, "-cp", System.getProperty("java.class.path"), "-d",
                folder.toString(), file.toString()));
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream out = System.out;
        Locale locale = Locale.getDefault();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            Locale.setDefault(Locale.ROOT);
            loader.loadClass(program.name).getMethod("main", String[].class).invoke(null, (Object) new String[0]);
        } finally {
            System.setOut(out);
            Locale.setDefault(locale);
        }
        return printed.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
    }

    /** After "Read": a module's folder, then files in it below {@code src/main/java/thaw}. */
    @Test
    void theFilesToReadAreThere() throws IOException {
        List<String> readings = find(Pattern.compile("(?ms)^Read (.*?)\\n\\n")).map(reading -> reading.group(1)).toList();
        assertEquals(12, readings.size());
        for (String reading : readings) {
            Path module = null;
            int files = 0;
            for (String name : Pattern.compile("`([\\w/-]+)`").matcher(reading).results().map(quoted -> quoted.group(1)).toList()) {
                if (Files.isDirectory(ROOT.resolve(name).resolve("src/main/java"))) {
                    module = ROOT.resolve(name);
                } else if (name.contains("/")) {
                    assertTrue(Files.exists(module.resolve("src/main/java/thaw").resolve(name + ".java")), name + " in " + module);
                    files++;
                }
            }
            assertTrue(files > 0, reading);
        }
    }
}
