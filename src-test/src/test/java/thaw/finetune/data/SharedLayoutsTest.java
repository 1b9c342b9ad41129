package thaw.finetune.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Folders and tables in layouts of published data sets; the expected values are from the README beside them. */
class SharedLayoutsTest {
    private static final Path CASES = Path.of(System.getProperty("shared.dir", "../../shared"), "cases", "images");

    @TempDir
    private static Path folder;

    @BeforeAll
    static void layouts() throws IOException, InterruptedException {
        assumeTrue(Files.exists(CASES.resolve("layouts.sh")), "skipped: no " + CASES + "; set -Dshared.dir to run on them");
        Path image = Files.createFile(folder.resolve("image.png"));
        assertEquals(0, new ProcessBuilder("sh", CASES.resolve("layouts.sh").toString(), folder.toString(), image.toString())
                .start().waitFor());
    }

    @ParameterizedTest
    @CsvSource({"training-validation, training, validation", "capitals, Train, Valid", "keras, train, validation"})
    void parts(String layout, String train, String valid) {
        ImageFolder data = ImageFolder.of(folder.resolve(layout));
        assertEquals(List.of("a", "b"), data.classes());
        assertEquals(20, data.train().size());
        assertEquals(20, data.valid().size());
        assertTrue(data.train().stream().allMatch(sample -> sample.file().startsWith(folder.resolve(layout).resolve(train))));
        assertTrue(data.valid().stream().allMatch(sample -> sample.file().startsWith(folder.resolve(layout).resolve(valid))));
    }

    @Test
    void flatTest() {
        String message = assertThrows(ImageFolderException.class, () -> ImageFolder.of(folder.resolve("flat-test"))).getMessage();
        assertTrue(message.contains("test/ may be a class"), message);
    }

    @Test
    void locale() {
        assumeTrue("UTF-8".equals(System.getProperty("sun.jnu.encoding")), "skipped: this Java cannot name such folders");
        assertEquals(List.of("café", "犬", "猫"), ImageFolder.of(folder.resolve("locale")).classes());
    }

    @Test
    void pipe() {
        ImageFolder data = ImageFolder.of(folder.resolve("pipe"));
        assertEquals(20, data.evaluation().size());
        assertEquals(List.of(folder.resolve("pipe/a/pipe.png")), data.unreadable().stream().map(BrokenImage::file).toList());
    }

    @ParameterizedTest
    @CsvSource({"csv-no-header.csv, 16, 4", "csv-is-valid.csv, 10, 10", "csv-pandas-index.csv, 16, 4",
        "csv-without-extension.csv, 16, 4"})
    void tables(String name, int train, int valid) throws IOException {
        Path images = Files.createDirectories(folder.resolve("of a table"));
        Files.deleteIfExists(images.resolve(name));
        Path csv = Files.copy(CASES.resolve(name), images.resolve(name));
        for (int i = 0; i < 20; i++) {
            if (Files.notExists(images.resolve(i + ".png"))) {
                Files.createFile(images.resolve(i + ".png"));
            }
        }
        ImageFolder data = ImageFolder.ofCsv(csv);
        assertEquals(List.of("cat", "dog"), data.classes());
        assertEquals(train, data.train().size());
        assertEquals(valid, data.valid().size());
        Sample first = new Sample(images.resolve("0.png"), 1);
        assertTrue(data.train().contains(first) || data.valid().contains(first), data.summary());
    }
}
