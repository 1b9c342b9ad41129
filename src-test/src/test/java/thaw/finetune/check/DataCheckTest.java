package thaw.finetune.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thaw.Extent;
import thaw.engine.Device;
import thaw.engine.io.Weights;
import thaw.finetune.check.Finding.Kind;
import thaw.finetune.data.Csv;
import thaw.finetune.data.CsvLabels;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.Sample;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.images.Resize;
import thaw.finetune.images.RgbImage;
import thaw.finetune.train.ConfidentLearning;
import thaw.resnet.Head;
import thaw.resnet.NetworkWeights;
import thaw.resnet.ResNet;

class DataCheckTest {

    private static final int SIDE = 32;

    @TempDir
    private Path folder;

    private static ResNet pretrained(Device device, int classes) throws IOException {
        return NetworkWeights.in(Weights.read(RealImages.shared("weights/resnet20-12fca82f.th"))).withNewHead(Head.LINEAR, classes, device,
                1);
    }

    private static List<String> dataSets() {
        return Extent.everyNth(2, Stream.of("cifar10-test", "dogscats"));
    }

    /**
     * Of 5 % of the labels, replaced by others at random, at least 80 % are among the first tenth of the ranking, on average over seeds.
     * Without {@code -Dextent=full}, for CIFAR-10 alone.
     */
    @ParameterizedTest
    @MethodSource("dataSets")
    void wrongLabelsComeFirst(String name) throws IOException {
        ImageFolder data = ImageFolder.of(RealImages.shared(name)).size(SIDE);
        ImagePass pass;
        try (Device device = Device.cpu(2)) {
            pass = ImagePass.of(pretrained(device, data.classes().size()), data, images -> {});
        }
        int images = pass.samples.size();
        int classes = data.classes().size();
        List<float[]> features = IntStream.range(0, images).mapToObj(pass.features::get).toList();
        List<Double> recalls = new ArrayList<>();
        int seeds = Extent.times(3, 10);
        for (int seed = 0; seed < seeds; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            List<Sample> samples = new ArrayList<>(pass.samples);
            Set<Integer> flipped = new HashSet<>();
            while (flipped.size() < images / 20) {
                int image = random.nextInt(images);
                if (flipped.add(image)) {
                    Sample right = samples.get(image);
                    samples.set(image, new Sample(right.file(), (right.label() + 1 + random.nextInt(classes - 1)) % classes));
                }
            }
            List<Integer> first = ConfidentLearning.of(data.labels(), samples, features).ranking();
            long found = first.stream().limit(images / 10).filter(flipped::contains).count();
            recalls.add(found / (double) flipped.size());
        }
        double mean = recalls.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
        System.out.println(name + ": of the wrong labels among the first tenth " + mean + ", by seed " + recalls);
        assertTrue(mean >= 0.8, name + " " + recalls);
    }

    /** Writes photographs, at most {@code count} of each of dogs and cats. */
    private Path photographs(int count) throws IOException {
        Path data = folder.resolve("photographs");
        for (String name : List.of("cats", "dogs")) {
            for (String part : List.of("train", "valid")) {
                Path to = Files.createDirectories(data.resolve(part).resolve(name));
                try (Stream<Path> files = Files.list(RealImages.shared("dogscats").resolve(part).resolve(name))) {
                    for (Path file : files.sorted().skip(4).limit(count).toList()) {
                        Files.copy(file, to.resolve(file.getFileName()));
                    }
                }
            }
        }
        return data;
    }

    private static DataCheck check(ImageFolder data) throws IOException {
        try (Device device = Device.cpu(2)) {
            return DataCheck.of(pretrained(device, data.classes().size()), data.size(SIDE), images -> {});
        }
    }

    private static Set<String> files(DataCheck check, Kind kind) {
        return check.of(kind).stream().map(one -> one.image().file().getFileName().toString()).collect(Collectors.toSet());
    }

    private static final List<Kind> LABELS = List.of(Kind.WRONG_LABEL, Kind.DOUBTFUL_LABEL);

    @Test
    void eachDefectIsFoundAndNoneWithout() throws IOException {
        Path data = photographs(6);
        DataCheck clean = check(ImageFolder.of(data));
        assertEquals(List.of(), clean.findings().stream().filter(one -> !LABELS.contains(one.kind())).toList());
        assertEquals(Map.of("train", 12, "valid", 12), clean.images());
        assertTrue(clean.accuracy().isPresent());

        Path cats = data.resolve("train/cats");
        List<Path> more = files(RealImages.shared("dogscats").resolve("valid/cats")).subList(20, 23);
        Path some = files(cats).get(0);
        Path other = files(cats).get(1);
        RgbImage image = ImageDecoder.decode(some);
        Files.copy(some, data.resolve("valid/dogs/exact.jpg"));
        Files.write(data.resolve("valid/cats/near.jpg"),
                RealImages.jpeg(RealImages.cropped(ImageDecoder.decode(other), 0.95, new SplittableRandom(1)), 0.7f));
        Files.copy(data.resolve("valid/cats/near.jpg"), data.resolve("valid/cats/near too.jpg"));
        Files.writeString(cats.resolve("text.jpg"), "no image");
        byte[] bytes = Files.readAllBytes(some);
        Files.write(cats.resolve("short.jpg"), Arrays.copyOf(bytes, bytes.length / 3));
        Files.write(cats.resolve("dark.jpg"), RealImages.jpeg(darker(ImageDecoder.decode(more.get(0))), 0.9f));
        RgbImage small = Resize.shortSide(ImageDecoder.decode(more.get(1)), 12);
        Files.write(cats.resolve("blurred.jpg"), RealImages.jpeg(Resize.shortSide(small, 300), 0.9f));
        Files.write(cats.resolve("tiny.jpg"),
                RealImages.jpeg(Resize.shortSide(ImageDecoder.decode(more.get(2)), 40), 0.9f));
        Files.write(cats.resolve("odd.jpg"),
                RealImages.jpeg(RealImages.resized(image.crop(0, 0, image.width(), image.height() / 5), 4), 0.9f));
        Path foxes = Files.createDirectories(data.resolve("train/foxes"));
        Files.copy(files(data.resolve("valid/dogs")).get(2), foxes.resolve("fox.jpg"));
        Files.delete(files(data.resolve("valid/dogs")).get(2));

        DataCheck found = check(ImageFolder.of(data));
        assertEquals(Set.of("exact.jpg"), files(found, Kind.EXACT_COPY));
        assertEquals(Set.of("near.jpg", "near too.jpg"), files(found, Kind.NEAR_COPY));
        assertEquals(Set.of("text.jpg", "short.jpg"), files(found, Kind.UNREADABLE));
        assertEquals(Set.of("dark.jpg"), files(found, Kind.DARK));
        assertTrue(files(found, Kind.BLURRED).contains("blurred.jpg"));
        assertEquals(Set.of("tiny.jpg"), files(found, Kind.TINY));
        assertEquals(Set.of("odd.jpg"), files(found, Kind.ODD_SHAPE));
        assertEquals(List.of(List.of("foxes")), found.of(Kind.IMBALANCE).stream().map(one -> one.image().classes()).toList());
        assertEquals(3, found.leaks().size());
        assertTrue(found.of(Kind.EXACT_COPY).get(0).isConflict());
        assertFalse(found.of(Kind.NEAR_COPY).get(0).isConflict());
        assertEquals(some, found.of(Kind.EXACT_COPY).get(0).other().orElseThrow().file());

        Path table = folder.resolve("check.csv");
        found.writeCsv(table);
        List<List<String>> rows = Csv.read(table);
        assertEquals(found.findings().size() + 1, rows.size());
        for (int i = 0; i < found.findings().size(); i++) {
            Finding one = found.findings().get(i);
            assertEquals(List.of(one.image().file().toString(), one.image().part(), one.kind().label(), Double.toString(one.score()),
                    String.join(";", one.image().classes()), one.suggested().orElse(""),
                    one.other().map(o -> o.file().toString()).orElse(""), one.other().map(Finding.Place::part).orElse(""),
                    one.other().map(o -> String.join(";", o.classes())).orElse(""), one.reason()), rows.get(i + 1));
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    private static RgbImage darker(RgbImage image) {
        byte[] rgb = image.rgb().clone();
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) ((rgb[i] & 0xff) / 7);
        }
        return RgbImage.of(image.width(), image.height(), rgb);
    }

    /** A table without validation images, whose images may show several classes: copies are found, labels not judged. */
    @Test
    void imagesOfSeveralClassesAreCheckedForCopies() throws IOException {
        Path images = Files.createDirectories(folder.resolve("several"));
        StringBuilder table = new StringBuilder("file,labels\n");
        int written = 0;
        for (Path file : files(RealImages.shared("dogscats").resolve("train/cats")).subList(0, 6)) {
            Files.copy(file, images.resolve(file.getFileName()));
            Files.copy(file, images.resolve("copy of " + file.getFileName()));
            // The order of an image's classes says nothing.
            String others = ++written > 4 ? ",grey cat\n" : ",cat\n";
            table.append(file.getFileName()).append(",cat grey\n").append("copy of ").append(file.getFileName()).append(others);
        }
        Files.writeString(images.resolve("labels.csv"), table);
        DataCheck found = check(ImageFolder.ofCsv(images.resolve("labels.csv"), CsvLabels.standard().delimiter(" ")));
        assertTrue(found.accuracy().isEmpty());
        assertEquals(Map.of("all", 12), found.images());
        assertEquals(6, found.of(Kind.EXACT_COPY).size());
        assertEquals(0, found.leaks().size());
        assertEquals(4, found.conflicts().size());
    }

    @Test
    void anUnreadableFolderIsNoFailure() throws IOException {
        Path data = folder.resolve("unreadable");
        for (String name : List.of("a", "b")) {
            Files.createDirectories(data.resolve(name));
            for (int i = 0; i < 3; i++) {
                Files.writeString(data.resolve(name).resolve(i + ".jpg"), "no image");
            }
        }
        DataCheck found = check(ImageFolder.of(data));
        assertEquals(6, found.of(Kind.UNREADABLE).size());
        assertEquals(6, found.findings().size());
    }

    @Test
    void brightnessIsTheValueThatATwentiethExceeds() {
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 20; i++) {
            int pixels = 200 + random.nextInt(200);
            byte[] rgb = new byte[3 * pixels];
            int[] grey = random.ints(pixels, 0, 1 + random.nextInt(256)).toArray();
            for (int at = 0; at < rgb.length; at++) {
                rgb[at] = (byte) grey[at / 3];
            }
            int level = (int) Math.round(255 * ImageTraits.of(RgbImage.of(pixels, 1, rgb)).brightness());
            assertTrue(Arrays.stream(grey).filter(value -> value > level).count() <= pixels / 20.0);
            assertTrue(Arrays.stream(grey).filter(value -> value >= level).count() > pixels / 20.0);
        }
    }
}
