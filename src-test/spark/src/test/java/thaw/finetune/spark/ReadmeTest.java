package thaw.finetune.spark;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** README's examples of Spark are parts of these tests. */
class ReadmeTest {

    @Test
    void theExamplesAreRun() throws IOException {
        String section = Files.readString(Path.of("../../README.md")).split("(?m)^## Spark$")[1].split("(?m)^## ")[0];
        List<MatchResult> examples = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL).matcher(section).results().toList();
        List<String> sources = new ArrayList<>();
        try (Stream<Path> files = Files.list(Path.of("src/test/java/thaw/finetune/spark"))) {
            for (Path file : files.toList()) {
                sources.add(withoutIndentation(Files.readString(file)));
            }
        }
        assertFalse(examples.isEmpty(), "no java block under \"## Spark\" in README.md");
        for (MatchResult example : examples) {
            assertTrue(sources.stream().anyMatch(source -> source.contains(withoutIndentation(example.group(1)))), example.group(1));
        }
    }

    private static String withoutIndentation(String source) {
        return source.replaceAll("(?m)^ +", "");
    }
}
