package thaw.sources;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The pages about the code name only classes, methods and folders that exist. */
class ArchitecturePageTest {

    /** The JDK's and libraries' classes that the pages name. */
    private static final Set<String> OTHERS = Set.of("ServiceLoader");

    private static final Path ROOT = Path.of("..");

    @ParameterizedTest
    @ValueSource(strings = {"ARCHITECTURE.md", "CONTRIBUTING.md"})
    void everyNameIsThere(String page) throws IOException {
        String text = Files.readString(ROOT.resolve(page));
        Set<String> missing = new TreeSet<>();
        try (Stream<Path> files = Files.walk(ROOT)) {
            Set<Path> sources = files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !file.toString().contains("target") || file.toString().contains("generated-sources"))
                    .collect(Collectors.toSet());
            Set<String> classes = sources.stream().map(file -> file.getFileName().toString().replace(".java", ""))
                    .collect(Collectors.toSet());
            for (MatchResult code : Pattern.compile("`([A-Z]\\w*)(?:\\.(\\w+))?`").matcher(text).results().toList()) {
                String name = code.group(1);
                if (!classes.contains(name) && !OTHERS.contains(name)) {
                    missing.add(name);
                } else if (code.group(2) != null && !OTHERS.contains(name) && !isMember(sources, name, code.group(2))) {
                    missing.add(name + "." + code.group(2));
                }
            }
        }
        for (MatchResult folder : Pattern.compile("`((?:kernels|engine|resnet|finetune|src-test)(?:/[\\w.-]+)*)/?`").matcher(text).results()
                .toList()) {
            if (Files.notExists(ROOT.resolve(folder.group(1)))) {
                missing.add(folder.group(1));
            }
        }
        assertEquals(Set.of(), missing, page);
        assertTrue(text.lines().count() > 20, page);
    }

    private static boolean isMember(Set<Path> sources, String type, String member) throws IOException {
        for (Path source : sources) {
            if (source.getFileName().toString().equals(type + ".java")
                    && Pattern.compile("\\b" + member + "\\b").matcher(Files.readString(source)).find()) {
                return true;
            }
        }
        return false;
    }
}
