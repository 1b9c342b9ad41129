package thaw.finetune.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.finetune.predict.LabelSet;

class CsvLabelsTest {
    @TempDir
    private Path root;

    @Test
    void oneLabelEachWithValidation() throws IOException {
        touch("1.jpg", "sub/2.png", "3.webp", "4.jpg");
        Path csv = table("name,class,is_valid", "1.jpg,dog,False", "sub/2.png,\"cat, big\",0", "3.webp,dog,True", ".4.jpg,dog,0",
                "notes.txt,dog,0", "4.jpg,cat,");
        ImageFolder data = ImageFolder.ofCsv(csv, CsvLabels.standard().validColumn("is_valid"));
        assertEquals(new LabelSet(List.of("cat", "cat, big", "dog"), false), data.labels());
        assertEquals(List.of(sample("1.jpg", 2), sample("sub/2.png", 1), sample("4.jpg", 0)), data.train());
        assertEquals(List.of(sample("3.webp", 2)), data.valid());
        assertEquals(2, data.skipped());
    }

    @Test
    void severalLabels() throws IOException {
        touch("train/a.jpg", "train/b.jpg", "train/c.jpg", "train/d.jpg", "train/e.jpg");
        Path csv = table("id,image_name,tags", "0,a,haze primary", "1,b,primary", "2,c,", "3,d,water haze haze", "4,e,haze");
        ImageFolder data = ImageFolder.ofCsv(csv, CsvLabels.standard().fileColumn("image_name").labelColumn("tags")
                .delimiter(" ").folder("train").suffix(".jpg"));
        assertEquals(new LabelSet(List.of("haze", "primary", "water"), true), data.labels());
        assertEquals(List.of(List.of(0, 1), List.of(1), List.of(), List.of(2, 0), List.of(0)),
                data.evaluation().stream().map(Sample::labels).toList());
        assertEquals(1, data.valid().size());
        assertEquals(4, data.train().size());
        assertMessage(() -> data.split(Split.STRATIFIED), "Split.RANDOM");
        assertMessage(() -> data.balanced(true).trainLoader(), "balanced");
        assertThrows(IllegalStateException.class, () -> data.evaluation().get(0).label());
    }

    @Test
    void labelsFollowAModelsClasses() throws IOException {
        touch("1.jpg", "2.jpg");
        ImageFolder data = ImageFolder.ofCsv(table("f,l", "1.jpg,b|a", "2.jpg,a"), CsvLabels.standard().delimiter("|"))
                .classes(List.of("x", "b", "a"));
        assertEquals(List.of(List.of(1, 2), List.of(2)), data.evaluation().stream().map(Sample::labels).toList());
    }

    @Test
    void errorsSayWhatIsWrong() throws IOException {
        touch("1.jpg");
        assertMessage(() -> ImageFolder.ofCsv(table("file,label")), "1 records");
        assertMessage(() -> ImageFolder.ofCsv(table("file", "1.jpg")), "no column of labels", "[file]");
        assertMessage(() -> ImageFolder.ofCsv(table("file,label", "1.jpg,a"), CsvLabels.standard().labelColumn("tag")),
                "no column 'tag'", "[file, label]");
        assertMessage(() -> ImageFolder.ofCsv(table("file,label", "1.jpg,a", "1.jpg,b")), "record 3", "once more", "delimiter");
        assertMessage(() -> ImageFolder.ofCsv(table("file,label", "1.jpg")), "record 2", "1 fields", "2 columns");
        assertMessage(() -> ImageFolder.ofCsv(table("file,label", "1.jpg, ")), "record 2", "no label");
        assertMessage(() -> ImageFolder.ofCsv(table("file,label", "9.jpg,a")), "none of its 1 images", "9.jpg", "suffix");
        assertMessage(() -> ImageFolder.ofCsv(table("file,label", "9,a")), "none of its 1 images", "--suffix", "--file-column");
        assertMessage(() -> ImageFolder.ofCsv(table("file,label", "1.txt,a")), "none of its files has an image's extension", ".txt");
        assertMessage(() -> ImageFolder.ofCsv(table("file,label,v", "1.jpg,a,maybe"), CsvLabels.standard().validColumn("v")),
                "record 2", "'maybe'", "true or false");
    }

    /** A first record that names an image is data, not a header. */
    @Test
    void aTableMayLackNamesOfColumns() throws IOException {
        touch("1.jpg", "2.jpg", "3.jpg");
        ImageFolder data = ImageFolder.ofCsv(table("1.jpg,b", "2.jpg,a", "3.jpg,b"));
        assertEquals(List.of(sample("1.jpg", 1), sample("2.jpg", 0), sample("3.jpg", 1)), data.evaluation());
        assertTrue(data.summary().contains("no column names"), data.summary());
        assertEquals(data.evaluation(), ImageFolder.ofCsv(table("b,1.jpg", "a,2.jpg", "b,3.jpg")).evaluation());
        assertEquals(data.evaluation(), ImageFolder.ofCsv(table("1,b", "2,a", "3,b")).evaluation());
        assertMessage(() -> ImageFolder.ofCsv(table("1.jpg,b,true", "2.jpg,a,false")), "names no columns", "file,label,is_valid");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "is_valid|False|True", "is_valid|0|1", "is_valid|0.0|1.0", "IsValid|f|T", "split|train|valid", "split|TRAIN|Validation",
        "data set|train|val", "subset|training|test"})
    void aColumnOfPartsIsFound(String name, String train, String valid) throws IOException {
        touch("1.jpg", "2.jpg", "3.jpg");
        Path csv = table("file,label," + name, "1.jpg,a," + train, "2.jpg,b," + valid, "3.jpg,b," + train);
        ImageFolder data = ImageFolder.ofCsv(csv);
        assertEquals(List.of(sample("1.jpg", 0), sample("3.jpg", 1)), data.train());
        assertEquals(List.of(sample("2.jpg", 1)), data.valid());
        assertEquals(3, ImageFolder.ofCsv(csv, CsvLabels.standard().validColumn("-")).evaluation().size());
    }

    @Test
    void testImagesAreNotUsedBesideThoseForValidation() throws IOException {
        touch("1.jpg", "2.jpg", "3.jpg");
        ImageFolder data = ImageFolder.ofCsv(table("file,label,split", "1.jpg,a,train", "2.jpg,a,valid", "3.jpg,b,test"));
        assertEquals(List.of(sample("2.jpg", 0)), data.valid());
        assertEquals(List.of("a"), data.classes());
        assertEquals("labels.csv 1 image of 1 class, 1 image to validate on; files in column 'file', labels in 'label', validation"
                + " by 'split'; 1 for testing not used", data.summary());
    }

    /** A column named like a part, but without a part's name as value, is not the validation split. */
    @Test
    void aSetWithoutNamesOfPartsIsNone() throws IOException {
        touch("1.jpg", "2.jpg", "3.jpg");
        assertEquals(3, ImageFolder.ofCsv(table("file,label,set", "1.jpg,a,1", "2.jpg,a,0", "3.jpg,b,7")).evaluation().size());
        assertMessage(() -> ImageFolder.ofCsv(table("file,label,split", "1.jpg,a,train", "2.jpg,a,extra")), "record 3", "'extra'",
                "--valid-column");
    }

    /** A table with images of a single part, such as test images. */
    @ParameterizedTest
    @CsvSource({"0, for training", "1, for validation"})
    void aColumnThatSplitsNothing(int flag, String part) throws IOException {
        touch("1.jpg", "2.jpg");
        Path csv = table("file,label,is_valid", "1.jpg,a," + flag, "2.jpg,b," + flag);
        ImageFolder data = ImageFolder.ofCsv(csv);
        assertEquals(List.of(sample("1.jpg", 0), sample("2.jpg", 1)), data.evaluation());
        assertTrue(data.summary().endsWith("'is_valid' has all images " + part), data.summary());
        assertMessage(() -> ImageFolder.ofCsv(csv, CsvLabels.standard().validColumn("is_valid")), part, "--valid-column -");
    }

    @ParameterizedTest
    @ValueSource(strings = {",file,label\n0,1.jpg,b\n1,2.jpg,a", "Unnamed: 0,label,image_path\n0,b,1.jpg\n1,a,2.jpg",
        "id,filepaths,labels\n0,1.jpg,b\n1,2.jpg,a", "file;label\r\n1.jpg;b\r\n2.jpg;a", "file\tlabel\n1.jpg\tb\n2.jpg\ta",
        "file, label\n1.jpg, b\n2.jpg, a", "image_id,breed\n1,b\n2,a", ",id,label\n7,1,b\n9,2,a",
        "width,class,name\n3,b,1.jpg\n4,a,2.jpg"})
    void columnsAreFound(String text) throws IOException {
        touch("1.jpg", "2.jpg");
        ImageFolder data = ImageFolder.ofCsv(table(text));
        assertEquals(List.of("a", "b"), data.classes());
        assertEquals(List.of(sample("1.jpg", 1), sample("2.jpg", 0)), data.evaluation());
    }

    /** The quoting of pandas, with a semicolon within a field. */
    @Test
    void theCommaComesFirst() throws IOException {
        touch("1.jpg", "2.jpg");
        ImageFolder data = ImageFolder.ofCsv(table("file,tags", "1.jpg,a;b", "2.jpg,a;c"), CsvLabels.standard().delimiter(";"));
        assertEquals(List.of("a", "b", "c"), data.classes());
    }

    @Test
    void namesWithoutEnding() throws IOException {
        touch("train/1.jpg", "train/2.PNG", "train/v1.2.webp", "train/3.jpg", "train/3.png");
        CsvLabels columns = CsvLabels.standard().folder("train");
        ImageFolder data = ImageFolder.ofCsv(table("id,breed", "1,b", "2,a", "v1.2,a", "4,b"), columns);
        assertEquals(List.of(sample("train/1.jpg", 1), sample("train/2.PNG", 0), sample("train/v1.2.webp", 0),
                sample("train/4", 1)), data.evaluation());
        assertMessage(() -> ImageFolder.ofCsv(table("id,breed", "3,b"), columns), "3.jpg or 3.png", "--suffix .jpg");
        assertEquals(List.of(sample("train/3.png", 0)),
                ImageFolder.ofCsv(table("id,breed", "3,b"), columns.suffix(".png")).evaluation());
    }

    /** Two spellings of a path are the same file. */
    @ParameterizedTest
    @ValueSource(strings = {"./1.jpg", "sub/../1.jpg", "sub//../1.jpg"})
    void oneFileTwice(String other) throws IOException {
        touch("1.jpg", "sub/2.jpg");
        assertMessage(() -> ImageFolder.ofCsv(table("file,label", "1.jpg,a", other + ",b")), "record 3", "once more",
                "--multi-label");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "", " ", ".", "..", "sub/..", "\"a\0.jpg\""})
    void namesThatAreNoFiles(String odd) throws IOException {
        touch("1.jpg", "sub/2.jpg");
        assertMessage(() -> ImageFolder.ofCsv(table("file,label", "1.jpg,a", odd + ",b")), "labels.csv: record 3 has ");
    }

    /** A name too long for a file counts as a missing image; an absolute name is the file's. */
    @Test
    void longAndAbsoluteNames() throws IOException {
        touch("1.jpg", "sub/2.jpg");
        Path absolute = root.resolve("sub/2.jpg").toAbsolutePath();
        ImageFolder data = ImageFolder.ofCsv(table("file,label", "1.jpg,a", "x".repeat(5000) + ".jpg,b", absolute + ",b"));
        assertEquals(3, data.evaluation().size());
        assertEquals(absolute, data.evaluation().get(2).file());
    }

    /** An archive from macOS has combining characters where a table has composed ones, or vice versa. */
    @Test
    void composedAndCombiningCharacters() throws IOException {
        assumeTrue("UTF-8".equals(System.getProperty("sun.jnu.encoding")), "skipped: this Java cannot name such files");
        touch("cafe\u0301.jpg", "\u00fcber.jpg");
        ImageFolder data = ImageFolder.ofCsv(table("file,label", "caf\u00e9.jpg,na\u00efve", "u\u0308ber.jpg,nai\u0308ve"));
        assertEquals(List.of("na\u00efve"), data.classes());
        assertTrue(data.evaluation().stream().allMatch(sample -> Files.exists(sample.file())), data.evaluation()::toString);
    }

    private Path table(String... records) throws IOException {
        return Files.writeString(root.resolve("labels.csv"), String.join("\n", records));
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

    private interface Action {
        void run() throws IOException;
    }

    private static void assertMessage(Action action, String... parts) {
        String message = assertThrows(IllegalArgumentException.class, action::run).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), message + " should contain " + part);
        }
    }
}
