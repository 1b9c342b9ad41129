package thaw.sources;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every public and protected item of the exported packages has a comment. The compiler's doclint finds those that have none; the
 * build checks that comments are well-formed, but leaves its group "missing" out, which also asks for {@code @param} and
 * {@code @return} where a comment's sentence says it.
 */
class PublicCommentsTest {

    private static final List<String> MODULES = List.of("kernels/contract", "kernels/cpu", "kernels/opencl", "engine", "resnet",
            "finetune/predict", "finetune/train", "finetune/demo");
    private static final Pattern EXPORTED = Pattern.compile("exports ([a-z.]+);");

    @TempDir
    private Path classes;

    @Test
    void everyExportedItemHasOne() throws IOException {
        List<Path> sources = new ArrayList<>();
        List<String> packages = new ArrayList<>();
        for (String module : MODULES) {
            Path root = Path.of("..", module, "src", "main", "java");
            Matcher exported = EXPORTED.matcher(Files.readString(root.resolve("module-info.java")));
            while (exported.find()) {
                packages.add(exported.group(1));
                try (Stream<Path> files = Files.list(root.resolve(exported.group(1).replace('.', '/')))) {
                    files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
                }
            }
        }
        assertEquals(Set.of(), uncommented(sources, packages));
    }

    private Set<String> uncommented(List<Path> sources, List<String> packages) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(found, Locale.ENGLISH, StandardCharsets.UTF_8)) {
            List<String> options = List.of("-d", classes.toString(), "-cp", System.getProperty("java.class.path"), "--add-modules",
                    "jdk.incubator.vector", "-proc:none", "-Xmaxwarns", "100000", "--should-stop=ifNoError=FLOW", "-Xdoclint:all/protected",
                    "-Xdoclint/package:" + String.join(",", packages));
            boolean compiled = compiler.getTask(null, files, found, options, null, files.getJavaFileObjectsFromPaths(sources)).call();
            assertTrue(compiled, found.getDiagnostics()::toString);
        }
        assertTrue(found.getDiagnostics().stream().anyMatch(one -> one.getMessage(Locale.ENGLISH).contains("no @return")),
                "doclint did not run, or reports in another language");
        return found.getDiagnostics().stream().filter(one -> one.getMessage(Locale.ENGLISH).contains("no comment"))
                .map(one -> one.getSource().getName() + ":" + one.getLineNumber()).collect(Collectors.toCollection(TreeSet::new));
    }
}
