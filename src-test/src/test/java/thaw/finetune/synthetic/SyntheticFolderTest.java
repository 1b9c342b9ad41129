package thaw.finetune.synthetic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyntheticFolderTest {

    @TempDir
    Path temp;

    private final SyntheticImages set = SyntheticImages.demo();

    @Test
    void writesAFolderOfClassFoldersForEachPart() throws IOException {
        Path folder = temp.resolve("new/objects");
        set.write(folder, 3, 2, 24, 1);
        assertEquals(List.of("train", "valid"), names(folder));
        assertEquals(set.classes(), names(folder.resolve("train")));
        assertEquals(set.classes(), names(folder.resolve("valid")));
        for (String name : set.classes()) {
            assertEquals(List.of("0000.png", "0001.png", "0002.png"), names(folder.resolve("train").resolve(name)));
            assertEquals(List.of("0000.png", "0001.png"), names(folder.resolve("valid").resolve(name)));
        }
        BufferedImage drawn = ImageIO.read(folder.resolve("valid/umbrella/0001.png").toFile());
        assertEquals(24, drawn.getWidth());
        assertEquals(24, drawn.getHeight());
        assertEquals(3, drawn.getColorModel().getNumComponents());
        assertEquals(List.of("objects"), names(temp.resolve("new")), "no draft is left beside it");
    }

    @Test
    void aFolderInOnePartSharesNoImageWithOneInTwo() throws IOException {
        Path two = temp.resolve("two");
        Path one = temp.resolve("one");
        set.write(two, 3, 3, 16, 0);
        set.write(one, 3, 16, 0);
        assertEquals(set.classes(), names(one));
        Set<Integer> images = new HashSet<>();
        for (Path folder : List.of(one, two)) {
            for (Path file : files(folder)) {
                assertTrue(images.add(Arrays.hashCode(Files.readAllBytes(folder.resolve(file)))), file::toString);
            }
        }
        assertThrows(IllegalArgumentException.class, () -> set.write(temp.resolve("none"), 0, 16, 0));
    }

    @Test
    void theSameSeedWritesTheSameBytesAndAnotherOneDoesNot() throws IOException {
        set.write(temp.resolve("a"), 2, 1, 16, 5);
        set.write(temp.resolve("b"), 2, 1, 16, 5);
        set.write(temp.resolve("c"), 2, 1, 16, 6);
        List<Path> files = files(temp.resolve("a"));
        assertEquals(30, files.size());
        for (Path file : files) {
            byte[] bytes = Files.readAllBytes(temp.resolve("a").resolve(file));
            assertArrayEquals(bytes, Files.readAllBytes(temp.resolve("b").resolve(file)));
            assertFalse(Arrays.equals(bytes, Files.readAllBytes(temp.resolve("c").resolve(file))));
        }
    }

    @Test
    void moreImagesKeepTheFirstOnes() throws IOException {
        set.write(temp.resolve("few"), 1, 1, 16, 5);
        set.write(temp.resolve("many"), 4, 1, 16, 5);
        for (Path file : files(temp.resolve("few"))) {
            assertArrayEquals(Files.readAllBytes(temp.resolve("few").resolve(file)),
                    Files.readAllBytes(temp.resolve("many").resolve(file)));
        }
    }

    @Test
    void noImageIsInBothParts() throws IOException {
        set.write(temp.resolve("a"), 5, 5, 16, 0);
        Set<List<Byte>> contents = new HashSet<>();
        for (Path file : files(temp.resolve("a"))) {
            byte[] bytes = Files.readAllBytes(temp.resolve("a").resolve(file));
            contents.add(Stream.iterate(0, i -> i < bytes.length, i -> i + 1).map(i -> bytes[i]).toList());
        }
        assertEquals(100, contents.size());
    }

    @Test
    void withoutValidationImagesThereIsNoSuchPart() throws IOException {
        set.write(temp.resolve("a"), 1, 0, 16, 0);
        assertEquals(List.of("train"), names(temp.resolve("a")));
    }

    @Test
    void anEmptyFolderIsFilledAndAFullOneIsLeftAlone() throws IOException {
        Path folder = Files.createDirectory(temp.resolve("objects"));
        set.write(folder, 1, 1, 16, 0);
        assertEquals(20, files(folder).size());

        Path mine = Files.createDirectory(temp.resolve("mine"));
        Files.writeString(mine.resolve("notes.txt"), "mine");
        String message = assertThrows(FileAlreadyExistsException.class, () -> set.write(mine, 1, 1, 16, 0)).getMessage();
        assertTrue(message.contains("mine") && message.contains("not an empty folder"), message);
        assertEquals(List.of("notes.txt"), names(mine));
        assertEquals(List.of("mine", "objects"), names(temp));
    }

    @Test
    void aFailureLeavesNothingBehind() throws IOException {
        assertThrows(IllegalArgumentException.class, () -> set.write(temp.resolve("a"), 1, 1, 5000, 0));
        assertThrows(IllegalArgumentException.class, () -> set.write(temp.resolve("a"), 0, 1, 16, 0));
        assertThrows(IllegalArgumentException.class, () -> set.write(temp.resolve("a"), 1, -1, 16, 0));
        assertEquals(List.of(), names(temp));
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(p -> p.getFileName().toString()).sorted().toList();
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).map(folder::relativize).sorted().toList();
        }
    }
}
