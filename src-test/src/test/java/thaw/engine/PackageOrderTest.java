package thaw.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The engine's packages import each other in one direction only. */
class PackageOrderTest {

    /** Each package may import those before it. */
    private static final List<String> ORDER = List.of("thaw.kernels", "thaw.engine", "thaw.engine.functional", "thaw.engine.io",
            "thaw.engine.nn", "thaw.engine.optim");

    private static final Pattern IMPORT = Pattern.compile("^import (?:static )?(thaw(?:\\.[a-z]+)+)\\.[A-Z]", Pattern.MULTILINE);
    private static final Pattern PACKAGE = Pattern.compile("^package ([a-z.]+);", Pattern.MULTILINE);

    @Test
    void importsLeadDownwards() throws IOException {
        Set<String> seen = new TreeSet<>();
        try (Stream<Path> files = Files.walk(Path.of("../engine/src/main/java/thaw"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                String source = Files.readString(file);
                Matcher own = PACKAGE.matcher(source);
                assertTrue(own.find(), file.toString());
                seen.add(own.group(1));
                Matcher imported = IMPORT.matcher(source);
                while (imported.find()) {
                    assertTrue(ORDER.contains(imported.group(1))
                            && ORDER.indexOf(imported.group(1)) <= ORDER.indexOf(own.group(1)),
                            file + " imports " + imported.group(1));
                }
            }
        }
        assertEquals(new TreeSet<>(ORDER.subList(1, ORDER.size())), seen);
    }
}
