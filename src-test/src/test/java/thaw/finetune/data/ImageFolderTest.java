package thaw.finetune.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.images.ImageReadException;

class ImageFolderTest {
    @TempDir
    private Path root;

    @ParameterizedTest
    @ValueSource(strings = {"valid", "val", "test"})
    void trainAndValidationFolders(String valid) throws IOException {
        touch("train/dogs/1.jpg", "train/dogs/2.JPEG", "train/cats/3.png", valid + "/cats/4.webp", valid + "/dogs/5.tif");
        ImageFolder data = ImageFolder.of(root).size(64).batch(8).seed(3);
        assertEquals(List.of("cats", "dogs"), data.classes());
        assertEquals(List.of(sample("train/cats/3.png", 0), sample("train/dogs/1.jpg", 1), sample("train/dogs/2.JPEG", 1)),
                data.train());
        assertEquals(List.of(sample(valid + "/cats/4.webp", 0), sample(valid + "/dogs/5.tif", 1)), data.valid());
        assertEquals(data.valid(), data.evaluation());
        assertEquals(64, data.transforms().size());
        assertEquals(8, data.batch());
        assertEquals(3, data.seed());
    }

    @ParameterizedTest
    @CsvSource({"training, validation", "Train, Valid", "TRAIN, VAL", "train_set, dev-set", "train2017, val2017",
        "train, evaluation", "Training, Testing"})
    void usualNamesOfParts(String train, String valid) throws IOException {
        touch(train + "/a/1.jpg", train + "/b/2.jpg", valid + "/a/3.jpg", valid + "/b/4.jpg");
        ImageFolder data = ImageFolder.of(root);
        assertEquals(List.of("a", "b"), data.classes());
        assertEquals(List.of(sample(train + "/a/1.jpg", 0), sample(train + "/b/2.jpg", 1)), data.train());
        assertEquals(List.of(sample(valid + "/a/3.jpg", 0), sample(valid + "/b/4.jpg", 1)), data.valid());
        assertEquals(train + "/ 2 images of 2 classes, " + valid + "/ 2 images to validate on", data.summary());
    }

    @Test
    void testImagesAreNotUsedBesideThoseForValidation() throws IOException {
        touch("train/a/1.jpg", "train/b/2.jpg", "val/a/3.jpg", "val/b/4.jpg", "test/a/5.jpg", "test/b/6.jpg", "models/x.pth");
        ImageFolder data = ImageFolder.of(root);
        assertEquals(2, data.valid().size());
        assertEquals(List.of("models/", "test/"), data.unused());
        assertEquals(Optional.of(root.resolve("val")), data.validRoot());
        assertEquals("train/ 2 images of 2 classes, val/ 2 images to validate on; models/, test/ not used", data.summary());
    }

    @Test
    void folderThatMayBeAClassOrAPart() throws IOException {
        touch("flat/a/1.jpg", "flat/b/1.jpg", "flat/test/1.jpg");
        assertMessage(() -> ImageFolder.of(root.resolve("flat")), "test/ may be a class beside a/, b/", "--flat",
                "--leave-out test");
        ImageFolder left = ImageFolder.of(root.resolve("flat"), FolderLayout.standard().leaveOut(List.of("test/")));
        assertEquals(List.of("a", "b"), left.classes());
        assertEquals(List.of("test/"), left.unused());
        assertEquals(List.of("a", "b", "test"), ImageFolder.of(root.resolve("flat"), FolderLayout.everyFolderAClass()).classes());
        assertMessage(() -> ImageFolder.of(root.resolve("flat"), FolderLayout.standard().leaveOut(List.of("tset"))), "'tset'",
                "test/");

        touch("given/a/1.jpg", "given/b/1.jpg", "given/valid/a/2.jpg", "given/valid/b/2.jpg");
        assertMessage(() -> ImageFolder.of(root.resolve("given")), "valid/ may be a class", "--valid-folder valid");
        ImageFolder given = ImageFolder.of(root.resolve("given"), FolderLayout.standard().validFolder("valid"));
        assertEquals(List.of("a", "b"), given.classes());
        assertEquals(2, given.valid().size());

        touch("vehicles/bus/1.jpg", "vehicles/train/steam/1.jpg", "vehicles/train/diesel/1.jpg");
        assertMessage(() -> ImageFolder.of(root.resolve("vehicles")), "train/ may hold the images to train on, or be a class",
                "beside bus/", "--flat");
        assertEquals(List.of("bus", "train"), ImageFolder.of(root.resolve("vehicles"), FolderLayout.everyFolderAClass()).classes());

        touch("deep/bus/old/1.jpg", "deep/train/steam/1.jpg");
        assertMessage(() -> ImageFolder.of(root.resolve("deep")), "train/ may hold the images to train on", "beside bus/");

        touch("twice/train/a/1.jpg", "twice/val/a/1.jpg", "twice/Valid/a/1.jpg");
        assertMessage(() -> ImageFolder.of(root.resolve("twice")), "Valid/, val/", "--leave-out val");
        touch("competition/train/cat.1.jpg", "competition/test/1.jpg");
        assertMessage(() -> ImageFolder.of(root.resolve("competition")), "have no class folders", "--labels");
        touch("archive/photos/cats/1.jpg", "archive/photos/dogs/1.jpg");
        assertMessage(() -> ImageFolder.of(root.resolve("archive")), "only one folder", "cats/, dogs/",
                root.resolve("archive/photos").toString());
    }

    @Test
    void anArchivesFoldersWithinThemselves() throws IOException {
        touch("training_set/training_set/cats/1.jpg", "training_set/training_set/dogs/1.jpg", "test_set/test_set/cats/2.jpg",
                "test_set/test_set/dogs/2.jpg");
        ImageFolder data = ImageFolder.of(root);
        assertEquals(List.of("cats", "dogs"), data.classes());
        assertEquals(root.resolve("training_set/training_set"), data.root());
        assertEquals(Optional.of(root.resolve("test_set/test_set")), data.validRoot());
    }

    /** Parts with unusual names hold the same class folders. */
    @ParameterizedTest
    @CsvSource({"seg_test, seg_train, 1", "fold1, fold2, 0", "pred, my-training-set, 1"})
    void foldersOfTheSameClassesMayBeParts(String first, String second, int train) throws IOException {
        List<String> parts = List.of(first, second);
        for (String part : parts) {
            touch(part + "/cats/1.jpg", part + "/dogs/2.jpg");
        }
        Path trained = root.resolve(parts.get(train));
        Path other = root.resolve(parts.get(1 - train));
        assertMessage(() -> ImageFolder.of(root), "all contain the folders [cats, dogs]", "give " + trained + " to train on",
                "--valid-folder " + other.toAbsolutePath(), "--flat");
        assertEquals(List.of("cats", "dogs"), ImageFolder.of(trained,
                FolderLayout.standard().validFolder(other.toAbsolutePath().toString())).classes());
        assertEquals(2, ImageFolder.of(root, FolderLayout.everyFolderAClass()).classes().size());
    }

    /** Layouts that may be unintended are reported in the summary. */
    @Test
    void imagesInFoldersWithinThoseOfTheClasses() throws IOException {
        touch("animals/cats/1.jpg", "animals/dogs/1.jpg", "plants/roses/1.jpg", "plants/dogs/1.jpg");
        ImageFolder data = ImageFolder.of(root);
        assertEquals(List.of("animals", "plants"), data.classes());
        assertTrue(data.summary().endsWith("; all images are in subfolders of the class folders"), data.summary());
        touch("animals/3.jpg");
        assertTrue(ImageFolder.of(root).summary().endsWith("held out to validate on"), data.summary());
        assertTrue(ImageFolder.of(root).evaluationSummary().endsWith("all of them to evaluate on"), data.evaluationSummary());
    }

    @Test
    void validationMayLackAClass() throws IOException {
        touch("train/a/1.jpg", "train/b/1.jpg", "train/c/1.jpg", "valid/c/2.jpg");
        Files.createDirectories(root.resolve("valid/b"));
        ImageFolder data = ImageFolder.of(root);
        assertEquals(List.of(sample("valid/c/2.jpg", 2)), data.valid());
        assertEquals("train/ 3 images of 3 classes, valid/ 1 image to validate on; valid/ has no image of a, b", data.summary());
    }

    /** Folders and files of operating systems are neither classes nor images. */
    @ParameterizedTest
    @ValueSource(strings = {".ipynb_checkpoints", "__MACOSX", "@eaDir", "lost+found", "$RECYCLE.BIN"})
    void foldersOfSystems(String name) throws IOException {
        touch("a/1.jpg", "b/1.jpg", name + "/1.jpg", "a/" + name + "/1.jpg", "a/" + name + "/deeper/1.jpg");
        ImageFolder data = ImageFolder.of(root);
        assertEquals(List.of(sample("a/1.jpg", 0), sample("b/1.jpg", 1)), data.evaluation());
    }

    /** Pipes never end, and links to a parent folder list it repeatedly: both are named, and the other files are listed. */
    @Test
    void whatCannotBeOpenedIsNamed() throws IOException, InterruptedException {
        touch("a/1.jpg", "b/1.jpg");
        assumeTrue(Files.exists(Path.of("/dev/zero")), "skipped: this system has no devices among its files");
        Files.createSymbolicLink(root.resolve("a/zero.png"), Path.of("/dev/zero"));
        Files.createSymbolicLink(root.resolve("b/loop"), root.resolve("b"));
        Files.createSymbolicLink(root.resolve("b/all"), Path.of(".."));
        assertEquals(0, new ProcessBuilder("mkfifo", root.resolve("b/pipe.png").toString()).start().waitFor());
        ImageFolder data = ImageFolder.of(root);
        assertEquals(List.of(sample("a/1.jpg", 0), sample("b/1.jpg", 1)), data.evaluation());
        assertEquals(Set.of(root.resolve("a/zero.png"), root.resolve("b/all"), root.resolve("b/loop"), root.resolve("b/pipe.png")),
                data.unreadable().stream().map(BrokenImage::file).collect(Collectors.toSet()));
        assertTrue(data.unreadable().get(0).reason().startsWith(root.resolve("a/zero.png") + ": is a pipe, a socket or a device"));
        assertTrue(data.unreadable().stream().anyMatch(one -> one.reason().contains("is a link back to a folder above it")));
        assertMessage(() -> data.strict(true), "a/zero.png");
        for (Path special : List.of(root.resolve("a/zero.png"), root.resolve("b/pipe.png"), root)) {
            assertThrows(ImageReadException.class, () -> ImageDecoder.decode(special), special::toString);
        }
    }

    @Test
    void foldersWithoutPermissionAreNamed() throws IOException {
        touch("a/1.jpg", "b/1.jpg", "b/secret/2.jpg");
        Path secret = root.resolve("b/secret");
        Files.setPosixFilePermissions(secret, Set.of());
        try {
            assumeTrue(!Files.isReadable(secret), "skipped: this user may read everything");
            ImageFolder data = ImageFolder.of(root);
            assertEquals(2, data.evaluation().size());
            assertEquals(secret + ": cannot be read: permission denied", data.unreadable().get(0).reason());
        } finally {
            Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    /** macOS and Linux write the same name in different characters (NFD, NFC). */
    @Test
    void composedAndCombiningCharacters() throws IOException {
        assumeTrue("UTF-8".equals(System.getProperty("sun.jnu.encoding")), "skipped: this Java cannot name such files");
        touch("train/caf\u00e9/1.jpg", "train/zoo/1.jpg", "valid/cafe\u0301/2.jpg", "valid/zoo/2.jpg");
        ImageFolder data = ImageFolder.of(root);
        assertEquals(List.of(sample("valid/cafe\u0301/2.jpg", 0), sample("valid/zoo/2.jpg", 1)),
                data.valid().stream().sorted(Comparator.comparing(Sample::label)).toList());
        ImageFolder renumbered = data.classes(List.of("x", "zoo", "cafe\u0301"));
        assertEquals(List.of(1, 2), renumbered.valid().stream().map(Sample::label).sorted().toList());
        touch("both/caf\u00e9/1.jpg", "both/cafe\u0301/1.jpg");
        if (ClassFolders.subfolders(root.resolve("both")).size() == 2) {
            assertMessage(() -> ImageFolder.of(root.resolve("both")), "two folders called", "combining");
        }
    }

    @Test
    void plainFolderIsSplitBySeed() throws IOException {
        for (int i = 0; i < 50; i++) {
            touch("a/" + i + ".jpg", "b/" + i + ".jpg");
        }
        touch("c/0.jpg", "c/1.jpg", "d/0.jpg");
        ImageFolder data = ImageFolder.of(root).seed(1);
        assertEquals(103, data.evaluation().size());
        assertEquals(List.of(10L, 10L, 1L, 0L), perClass(data.valid()));
        assertEquals(List.of(40L, 40L, 1L, 1L), perClass(data.train()));
        Set<Sample> both = new HashSet<>(data.train());
        both.addAll(data.valid());
        assertEquals(new HashSet<>(data.evaluation()), both);

        assertEquals(data.valid(), ImageFolder.of(root).seed(1).valid());
        assertNotEquals(data.valid(), data.seed(2).valid());
        assertEquals(List.of(25L, 25L, 1L, 0L), perClass(data.validFraction(0.5).valid()));
        assertThrows(IllegalArgumentException.class, () -> data.validFraction(1));
    }

    @Test
    void randomSplitTakesAShareOfAll() throws IOException {
        for (int i = 0; i < 90; i++) {
            touch("a/" + i + ".jpg");
        }
        for (int i = 0; i < 10; i++) {
            touch("b/" + i + ".jpg");
        }
        ImageFolder data = ImageFolder.of(root).split(Split.RANDOM).validFraction(0.3).seed(4);
        assertEquals(30, data.valid().size());
        Set<Sample> both = new HashSet<>(data.train());
        both.addAll(data.valid());
        assertEquals(100, both.size());
        assertEquals(data.valid(), ImageFolder.of(root).split(Split.RANDOM).validFraction(0.3).seed(4).valid());
        Set<Long> ofB = new HashSet<>();
        for (int seed = 0; seed < 20; seed++) {
            ofB.add(perClass(data.seed(seed).valid()).get(1));
        }
        assertTrue(ofB.size() > 2, "the number held out of a class is random: " + ofB);
    }

    @Test
    void splitDoesNotDependOnWhereTheFolderLies() throws IOException {
        for (String place : List.of("here", "there/deep")) {
            for (int i = 0; i < 20; i++) {
                touch(place + "/a/" + i + ".jpg", place + "/b/" + i + ".jpg");
            }
        }
        assertEquals(held("here"), held("there/deep"));
    }

    private List<String> held(String place) {
        return ImageFolder.of(root.resolve(place)).seed(9).valid().stream()
                .map(sample -> sample.file().getFileName().toString()).toList();
    }

    @Test
    void trainFolderAloneIsSplit() throws IOException {
        touch("train/a/1.jpg", "train/a/2.jpg", "train/b/1.jpg", "train/b/2.jpg", "test/1.jpg");
        ImageFolder data = ImageFolder.of(root);
        assertEquals(List.of("a", "b"), data.classes());
        assertEquals(2, data.train().size());
        assertEquals(2, data.valid().size());
    }

    @Test
    void trainMayBeAClassAmongOthers() throws IOException {
        touch("bus/1.jpg", "car/1.jpg", "train/1.jpg");
        assertEquals(List.of("bus", "car", "train"), ImageFolder.of(root).classes());
    }

    @Test
    void classesAreInOrderOfCodePoints() throws IOException {
        touch("b/1.jpg", "B/1.jpg", "a10/1.jpg", "a2/1.jpg", "é/1.jpg", "\uff5e/1.jpg", "\ud83d\udc31/1.jpg");
        assertEquals(List.of("B", "a10", "a2", "b", "é", "\uff5e", "\ud83d\udc31"), ImageFolder.of(root).classes());
    }

    @Test
    void otherFilesAreSkippedAndCounted() throws IOException {
        touch("a/1.jpg", "a/.2.jpg", "a/notes.txt", "a/noending", "a/deeper/3.png", "a/.hidden/4.png", "b/1.gif",
                ".git/x/1.png", "README.md");
        ImageFolder data = ImageFolder.of(root);
        assertEquals(List.of("a", "b"), data.classes());
        assertEquals(List.of(sample("a/1.jpg", 0), sample("a/deeper/3.png", 0), sample("b/1.gif", 1)), data.evaluation());
        assertEquals(4, data.skipped());
        assertEquals("{.md=1, .txt=1, hidden=1, without ending=1}", data.skippedByEnding().toString());
    }

    @Test
    void labelsFollowAModelsClasses() throws IOException {
        touch("cats/1.jpg", "dogs/1.jpg");
        ImageFolder data = ImageFolder.of(root).classes(List.of("bird", "dogs", "cats"));
        assertEquals(List.of(sample("cats/1.jpg", 2), sample("dogs/1.jpg", 1)), data.evaluation());
        assertMessage(() -> data.classes(List.of("dogs")), "[cats]", "[dogs]");
    }

    @Test
    void errorsSayWhatIsWrong() throws IOException {
        assertMessage(() -> ImageFolder.of(root.resolve("nowhere")), "nowhere", "no such folder", "expected");
        assertMessage(() -> ImageFolder.of(root), "no class folders", root.toString());
        touch("plain/a/1.jpg", "plain/b/readme.txt");
        assertMessage(() -> ImageFolder.of(root.resolve("plain")), "class 'b' has no image", "files skipped: 1", ".jpg");
        assertMessage(() -> ImageFolder.of(root.resolve("plain/a/1.jpg")), "1.jpg", "is not a folder");
        touch("two/train/a/1.jpg", "two/train/b/1.jpg", "two/valid/a/1.jpg", "two/valid/c/1.jpg");
        assertMessage(() -> ImageFolder.of(root.resolve("two")), "only train/ has [b]", "only valid/ has [c]");
        touch("empty/train/a/1.jpg");
        Files.createDirectories(root.resolve("empty/valid"));
        assertMessage(() -> ImageFolder.of(root.resolve("empty")), "valid", "no class folders");
    }

    @Test
    void withersLeaveTheOriginalAlone() throws IOException {
        touch("a/1.jpg");
        ImageFolder data = ImageFolder.of(root);
        data.size(32).batch(4).seed(5).threads(2).cacheBytes(0);
        assertEquals(224, data.transforms().size());
        assertEquals(32, data.batch());
        assertEquals(0, data.seed());
        assertMessage(() -> data.batch(0), "batch", "0");
        assertMessage(() -> data.threads(0), "threads", "0");
        assertMessage(() -> data.size(0), "size", "0");
    }

    private void touch(String... files) throws IOException {
        for (String file : files) {
            Path path = root.resolve(file);
            Files.createDirectories(path.getParent());
            Files.createFile(path);
        }
    }

    private Sample sample(String file, int label) {
        return new Sample(root.resolve(file), label);
    }

    private static List<Long> perClass(List<Sample> samples) {
        long[] counts = new long[4];
        samples.forEach(sample -> counts[sample.label()]++);
        return Arrays.stream(counts).boxed().toList();
    }

    private static void assertMessage(Executable action, String... parts) {
        String message = assertThrows(IllegalArgumentException.class, action).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), message + " should contain " + part);
        }
    }
}
