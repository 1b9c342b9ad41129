package thaw.finetune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The launcher script in a separate project, whose folder has a space in its name, with an {@code mvn} that copies a
 * prepared jar instead of building. The jar's program prints its arguments and some properties of its Java.
 */
class LauncherTest {

    /** The main class of the prepared jar. */
    static final class Echo {

        private Echo() {
        }

        public static void main(String[] args) {
            System.out.println("vectors " + ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent());
            System.out.println("terminal " + System.getProperty("thaw.terminal"));
            for (String arg : args) {
                System.out.println("argument " + arg);
                if (arg.startsWith("list ")) {
                    System.out.println(String.join(" ", Path.of(arg.substring(5)).toFile().list()));
                }
            }
            System.exit(args.length == 0 || args[0].equals("rehearse") ? 0 : 3);
        }
    }

    private record Result(int exitCode, List<String> out, List<String> err) {
    }

    @TempDir
    private Path folder;
    private Path project;
    private Path script;
    private Path bin;
    private Path builds;

    @BeforeEach
    void project() throws IOException {
        Path original = Path.of("../thaw").toAbsolutePath();
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "skipped: no /bin/bash for the launcher here");
        project = Files.createDirectory(folder.resolve("a project"));
        script = Files.copy(original, project.resolve("thaw"), StandardCopyOption.COPY_ATTRIBUTES);
        for (String module : List.of("kernels", "engine", "resnet", "finetune")) {
            Files.createDirectories(project.resolve(module).resolve("src/main/java"));
            age(Files.writeString(project.resolve(module).resolve("pom.xml"), "<project/>"));
            age(project.resolve(module).resolve("src/main/java"));
            age(project.resolve(module).resolve("src/main"));
            age(project.resolve(module).resolve("src"));
        }
        age(Files.writeString(project.resolve("pom.xml"), "<project/>"));
        bin = Files.createDirectory(folder.resolve("bin"));
        builds = folder.resolve("builds.txt");
        echoJar(folder.resolve("echo.jar"));
        mvn("");
    }

    /** Marks the project as one whose Java cannot write an archive of classes: recording one takes longer than two launches. */
    private void withoutArchive() throws IOException {
        Path target = Files.createDirectories(project.resolve("finetune/target"));
        String archive = Runtime.version().feature() < 25 ? "jsa" : "aot";
        Path none = Files.createFile(target.resolve("thaw-" + System.getProperty("java.version") + "." + archive));
        Files.setLastModifiedTime(none, FileTime.from(Instant.now().plusSeconds(3600)));
    }

    /** Sets a file's time to an hour ago: older than any build. */
    private static void age(Path file) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(3600)));
    }

    /** Has an {@code mvn} that copies the prepared jar after the given commands. */
    private void mvn(String first) throws IOException {
        Path mvn = bin.resolve("mvn");
        Files.writeString(mvn, """
                #!/bin/bash
                echo "$*" >> '%s'
                %s
                echo 'Downloaded from central: somewhere (1 kB)'
                mkdir -p finetune/target && cp '%s' finetune/target/thaw.jar
                """.formatted(builds, first, folder.resolve("echo.jar")));
        Files.setPosixFilePermissions(mvn, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void echoJar(Path jar) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, Echo.class.getName());
        String entry = Echo.class.getName().replace('.', '/') + ".class";
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest);
                InputStream in = Echo.class.getClassLoader().getResourceAsStream(entry)) {
            out.putNextEntry(new JarEntry(entry));
            in.transferTo(out);
        }
    }

    private Process start(Path command, Path out, Path err, String... args) throws IOException {
        List<String> line = new ArrayList<>(List.of(command.toString()));
        line.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(line).directory(folder.toFile()).redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().put("PATH", bin + File.pathSeparator + System.getenv("PATH"));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return builder.start();
    }

    private Result launch(Path command, String... args) throws IOException, InterruptedException {
        Path out = Files.createTempFile(folder, "stdout", ".txt");
        Path err = Files.createTempFile(folder, "stderr", ".txt");
        return result(start(command, out, err, args), out, err);
    }

    private static Result result(Process process, Path out, Path err) throws IOException, InterruptedException {
        assertTrue(process.waitFor(1, TimeUnit.MINUTES), "still running");
        return new Result(process.exitValue(), Files.readAllLines(out),
                Files.readAllLines(err).stream().filter(line -> !line.startsWith("WARNING: Using incubator")).toList());
    }

    private int builds() throws IOException {
        return Files.exists(builds) ? Files.readAllLines(builds).size() : 0;
    }

    @Test
    void buildsOnFirstUseAndWhenASourceIsNewer() throws Exception {
        Result first = launch(script);
        assertEquals(0, first.exitCode, first::toString);
        assertEquals(List.of("building Thaw (first use)…"), first.err);
        assertEquals(List.of("vectors true", "terminal null"), first.out);

        Result second = launch(script);
        assertEquals(List.of(), second.err);
        assertEquals(first.out, second.out);
        assertEquals(1, builds());

        Files.writeString(project.resolve("engine/src/main/java/New.java"), "class New {}");
        assertEquals(List.of("building Thaw (sources changed)…"), launch(script).err);
        assertEquals(List.of(), launch(script).err);
        assertEquals(2, builds());
    }

    @Test
    void runsThroughLinksAndPassesArgumentsAndExitCodeOn() throws Exception {
        Path link = Files.createSymbolicLink(bin.resolve("link to thaw"), Path.of("../a project/thaw"));
        Result result = launch(link, "two words", "", "*");
        assertEquals(3, result.exitCode, result::toString);
        assertEquals(List.of("argument two words", "argument ", "argument *"), result.out.subList(2, 5));
    }

    /** In the plain C locale, arguments and file names would lose all non-ASCII letters. */
    @ParameterizedTest
    @ValueSource(strings = {"C", "POSIX", "", "xx_YY.UTF-8"})
    void namesAreInUtf8WhateverTheLocale(String locale) throws Exception {
        assumeTrue("UTF-8".equals(System.getProperty("sun.jnu.encoding")), "skipped: this Java cannot name such files");
        Process locales = new ProcessBuilder("locale", "-a").redirectErrorStream(true).start();
        assumeTrue(new String(locales.getInputStream().readAllBytes(), StandardCharsets.UTF_8).toLowerCase(Locale.ROOT)
                .contains("utf"), "skipped: this system has no locale in UTF-8");
        withoutArchive();
        Files.createDirectories(folder.resolve("names/caf\u00e9 \u732b"));
        Path out = folder.resolve("locale-out");
        Path err = folder.resolve("locale-err");
        ProcessBuilder builder = new ProcessBuilder(script.toString(), "\u00fc.png", "list names").directory(folder.toFile())
                .redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().put("PATH", bin + File.pathSeparator + System.getenv("PATH"));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().keySet().removeIf(name -> name.startsWith("LC_") || name.equals("LANG"));
        if (!locale.isEmpty()) {
            builder.environment().put("LC_ALL", locale);
        }
        Result result = result(builder.start(), out, err);
        assertEquals(List.of("argument \u00fc.png", "argument list names", "caf\u00e9 \u732b"), result.out.subList(2, 5));
    }

    @Test
    void twoAtOnceBuildOnce() throws Exception {
        mvn("sleep 0.3");
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            processes.add(start(script, folder.resolve("out" + i), folder.resolve("err" + i)));
        }
        for (int i = 0; i < 3; i++) {
            Result result = result(processes.get(i), folder.resolve("out" + i), folder.resolve("err" + i));
            assertEquals(0, result.exitCode, result::toString);
            assertEquals(List.of("vectors true", "terminal null"), result.out);
        }
        assertEquals(1, builds());
    }

    /** A damaged class archive of the first launch does not break later launches. */
    @Test
    void aDamagedClassArchiveIsIgnored() throws Exception {
        assertEquals(0, launch(script).exitCode);
        Path target = project.resolve("finetune/target");
        List<Path> archives;
        try (Stream<Path> files = Files.list(target)) {
            archives = files.filter(f -> f.toString().endsWith(".jsa") || f.toString().endsWith(".aot")).toList();
        }
        assertEquals(1, archives.size(), archives::toString);
        assertTrue(Files.size(archives.get(0)) > 0, "nothing was recorded");

        Files.delete(archives.get(0));
        Files.writeString(archives.get(0), "damaged");
        Result result = launch(script);
        assertEquals(0, result.exitCode, result::toString);
        assertEquals(List.of("vectors true", "terminal null"), result.out);
        assertEquals(List.of(), result.err);
    }

    @Test
    void aFailedBuildShowsMavensErrors() throws Exception {
        mvn("echo '[INFO] at work'; echo '[ERROR] A.java:[1,2] no such thing'; exit 1");
        Result result = launch(script);
        assertEquals(2, result.exitCode);
        assertEquals(List.of(), result.out);
        assertEquals("[ERROR] A.java:[1,2] no such thing", result.err.get(1));
        assertTrue(result.err.get(2).startsWith("thaw: the build failed"), result::toString);
        assertEquals(3, result.err.size(), result::toString);
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        Path java = Files.createDirectories(folder.resolve("old/bin")).resolve("java");
        Files.writeString(java, "#!/bin/bash\nexit 1\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(folder.resolve("old/release"), "JAVA_VERSION=\"11.0.2\"\nMODULES=\"java.base\"\n");
        Result old = launchWith("JAVA_HOME", folder.resolve("old").toString());
        assertEquals(2, old.exitCode);
        assertEquals(1, old.err.size(), old::toString);
        assertTrue(old.err.get(0).startsWith("thaw: Java 17 or newer is needed"), old::toString);
        assertTrue(old.err.get(0).contains("11.0.2"), old::toString);

        Result none = launchWith("JAVA_HOME", folder.resolve("nowhere").toString());
        assertEquals(2, none.exitCode);
        assertTrue(none.err.get(0).contains("nowhere"), none::toString);
    }

    private Result launchWith(String variable, String value) throws IOException, InterruptedException {
        Path out = folder.resolve("with-out");
        Path err = folder.resolve("with-err");
        ProcessBuilder builder = new ProcessBuilder(script.toString()).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().put(variable, value);
        return result(builder.start(), out, err);
    }
}
