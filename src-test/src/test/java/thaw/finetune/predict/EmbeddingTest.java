package thaw.finetune.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import thaw.engine.Device;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.train.ColourFolder;
import thaw.finetune.train.Learner;
import thaw.resnet.ResNet;

/** README's example of embedding, compiled and run with the artifact thaw-predict and what it depends on, and nothing else. */
class EmbeddingTest {
    private static final int MOST_JARS = 8;
    private static final long MOST_BYTES = 3_000_000;

    @TempDir
    private Path folder;
    private final Map<String, Path> poms = new HashMap<>();
    private Map<String, Path> classPath;

    @BeforeEach
    void resolve() throws Exception {
        try (Stream<Path> found = Files.find(Path.of(".."), 3, (path, attributes) -> path.endsWith("pom.xml"))) {
            for (Path pom : found.toList()) {
                poms.put(text(project(pom), "artifactId"), pom);
            }
        }
        Set<String> artifacts = new LinkedHashSet<>();
        collect("thaw-predict", artifacts);
        classPath = new HashMap<>();
        for (String artifact : artifacts) {
            classPath.put(artifact, location(artifact));
        }
    }

    @Test
    void predictingNeedsFewJars() throws Exception {
        assertEquals(Set.of("thaw-predict", "thaw-resnet", "thaw-engine", "thaw-cpu", "thaw-kernels", "jackson-core"),
                classPath.keySet());
        assertTrue(classPath.size() <= MOST_JARS, classPath::toString);
        Map<String, Long> sizes = new HashMap<>();
        for (Map.Entry<String, Path> entry : classPath.entrySet()) {
            sizes.put(entry.getKey(), Files.size(jar(entry.getValue(), entry.getKey())));
        }
        assertTrue(sizes.values().stream().mapToLong(Long::longValue).sum() < MOST_BYTES, sizes::toString);
    }

    @Test
    void theExampleInReadmeRunsAsItStands() throws Exception {
        Matcher example = Pattern.compile("## Embedding\\n.*?```java\\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("../README.md")));
        assertTrue(example.find(), "no java block under \"## Embedding\" in README.md");
        String source = example.group(1);
        assertTrue(source.lines().count() <= 13, "README promises about ten lines");
        compile("Photo", source);
        Path image = train();

        Files.copy(image, folder.resolve("photo.jpg"));
        String printed = run("Photo");
        assertTrue(printed.matches("blue \\d?\\d\\d %\\R"), printed);
    }

    /** Ordinary formats are decoded without TwelveMonkeys' readers; TIFF is refused with the artifact to add. */
    @Test
    void tiffNeedsAnArtifactMore() throws Exception {
        compile("Decode", """
                import java.nio.file.Path;
                import thaw.finetune.images.ImageDecoder;
                import thaw.finetune.images.ImageReadException;

                public class Decode {
                    public static void main(String[] args) {
                        for (String name : args) {
                            try {
                                System.out.println(ImageDecoder.decode(Path.of(name)).hashCode());
                            } catch (ImageReadException refused) {
                                System.out.println(refused.getMessage());
                            }
                        }
                    }
                }
                """);
        List<Path> ordinary = Stream.of("rgb.jpg", "ycck.jpg", "lossy.webp").map(EmbeddingTest::resource).toList();
        List<String> arguments = new ArrayList<>(ordinary.stream().map(Path::toString).toList());
        arguments.add(resource("lzw.tif").toString());
        List<String> lines = run("Decode", arguments.toArray(String[]::new)).lines().toList();
        for (int i = 0; i < ordinary.size(); i++) {
            assertEquals(Integer.toString(thaw.finetune.images.ImageDecoder.decode(ordinary.get(i)).hashCode()), lines.get(i));
        }
        assertEquals(resource("lzw.tif") + ": TIFF is read only with com.twelvemonkeys.imageio:imageio-tiff on the class path;"
                + " add it, or export the image as PNG or JPEG", lines.get(ordinary.size()));
    }

    private static Path resource(String name) {
        return Path.of("src/test/resources/thaw/finetune/images", name).toAbsolutePath();
    }

    /** Saves a model of blue and red images, and returns a blue image. */
    private Path train() throws IOException {
        ImageFolder data = ColourFolder.in(folder.resolve("data"));
        try (Device device = Device.cpu(1)) {
            Learner learn = new Learner(ResNet.resnet20(device, 2), data);
            learn.fitOneCycle(6, 0.1);
            learn.save(folder.resolve("dogscats.safetensors"));
        }
        return data.valid().get(0).file();
    }

    // ---- dependencies as Maven resolves them -------------------------------------------------------------------

    private void collect(String artifact, Set<String> artifacts) throws Exception {
        if (!artifacts.add(artifact) || !poms.containsKey(artifact)) {
            return;
        }
        NodeList dependencies = project(poms.get(artifact)).getElementsByTagName("dependency");
        for (int i = 0; i < dependencies.getLength(); i++) {
            Element dependency = (Element) dependencies.item(i);
            String scope = text(dependency, "scope");
            if (!text(dependency, "optional").equals("true") && !scope.equals("provided") && !scope.equals("test")) {
                collect(text(dependency, "artifactId"), artifacts);
            }
        }
    }

    /** A module's jar or folder of classes, or a library's jar, on this test's class path. */
    private Path location(String artifact) {
        String part = poms.containsKey(artifact) ? poms.get(artifact).toAbsolutePath().normalize().resolveSibling("target").toString()
                : File.separator + artifact + "-";
        List<String> found = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> entry.contains(part)).toList();
        assertEquals(1, found.size(), artifact);
        return Path.of(found.get(0));
    }

    private Path jar(Path classes, String artifact) {
        if (!Files.isDirectory(classes)) {
            return classes;
        }
        Path jar = folder.resolve(artifact + ".jar");
        ToolProvider.findFirst("jar").orElseThrow().run(System.out, System.err, "--create", "--file", jar.toString(), "-C",
                classes.toString(), ".");
        return jar;
    }

    private static Element project(Path pom) throws Exception {
        DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
        try (InputStream in = Files.newInputStream(pom)) {
            return builder.parse(in).getDocumentElement();
        }
    }

    /** The text of a child element; empty if there is none. */
    private static String text(Element element, String child) {
        NodeList children = element.getChildNodes();
        for (int i = 0; i < children.getLength(); i++) {
            if (children.item(i).getNodeName().equals(child)) {
                return children.item(i).getTextContent();
            }
        }
        return "";
    }

    // ---- programs ----------------------------------------------------------------------------------------------

    private String path() {
        return String.join(File.pathSeparator, classPath.values().stream().map(Path::toString).toList());
    }

    private void compile(String name, String source) throws IOException {
        Path file = Files.writeString(folder.resolve(name + ".java"), source);
        assertEquals(0, javax.tools.ToolProvider.getSystemJavaCompiler().run(null, null, null, "-cp", path(), "-d",
                folder.toString(), file.toString()));
    }

    /** The program's output, stdout and stderr together. */
    private String run(String name, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                folder + File.pathSeparator + path(), name));
        command.addAll(List.of(arguments));
        Path printed = folder.resolve("printed.txt");
        Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
                .redirectOutput(printed.toFile()).start();
        assertTrue(process.waitFor(2, TimeUnit.MINUTES), "still running after two minutes");
        assertEquals(0, process.exitValue(), Files.readString(printed));
        return Files.readString(printed);
    }
}
