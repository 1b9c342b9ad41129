package thaw.finetune.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
        assertMessage(() -> ImageFolder.ofCsv(table("file", "1.jpg")), "no column 2", "[file]");
        assertMessage(() -> ImageFolder.ofCsv(table("file,label", "1.jpg,a"), CsvLabels.standard().labelColumn("tag")),
                "no column 'tag'", "[file, label]");
        assertMessage(() -> ImageFolder.ofCsv(table("file,label", "1.jpg,a", "1.jpg,b")), "record 3", "once more", "delimiter");
        assertMessage(() -> ImageFolder.ofCsv(table("file,label", "1.jpg")), "record 2", "1 fields", "2 columns");
        assertMessage(() -> ImageFolder.ofCsv(table("file,label", "1.jpg, ")), "record 2", "no label");
        assertMessage(() -> ImageFolder.ofCsv(table("file,label", "9.jpg,a")), "none of its 1 images", "9.jpg", "suffix");
        assertMessage(() -> ImageFolder.ofCsv(table("file,label", "1,a")), "no images by their endings", "suffix");
        assertMessage(() -> ImageFolder.ofCsv(table("file,label,v", "1.jpg,a,maybe"), CsvLabels.standard().validColumn("v")),
                "record 2", "'maybe'", "true or false");
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
