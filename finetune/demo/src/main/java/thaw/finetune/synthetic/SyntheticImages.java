package thaw.finetune.synthetic;

import static thaw.finetune.synthetic.SyntheticClass.free;
import static thaw.finetune.synthetic.SyntheticClass.upright;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/**
 * A set of classes of synthetic images, which are drawn one by one or written as a folder of class folders. Immutable and
 * thread-safe.
 *
 * <pre>{@code
 * SyntheticImages set = SyntheticImages.demo();
 * BufferedImage image = set.draw(3, 1L, 32);
 * set.write(Path.of("objects"), 20, 100, 32, 1L);      // objects/train/anchor/0000.png, …
 * }</pre>
 */
public final class SyntheticImages {

    private static final int SMALLEST = 8;
    private static final int LARGEST = 1024;

    private final List<SyntheticClass> classes;

    private SyntheticImages(List<SyntheticClass> classes) {
        this.classes = classes;
    }

    /** Forty classes for pretraining. None of them is in {@link #demo()}. */
    public static SyntheticImages pretraining() {
        return new SyntheticImages(List.of(
                upright("apple", Plants::apple),
                free("arrow", Signs::arrow),
                upright("bell", Household::bell),
                upright("bird", Animals::bird),
                upright("boat", Vehicles::boat),
                upright("bolt", Sky::bolt),
                free("bone", Tools::bone),
                upright("bottle", Household::bottle),
                upright("candle", Household::candle),
                upright("car", Vehicles::car),
                upright("cat", Animals::cat),
                upright("chair", Household::chair),
                upright("cherry", Plants::cherry),
                upright("cloud", Sky::cloud),
                upright("clover", Plants::clover),
                free("crescent", Sky::crescent),
                upright("cross", Signs::cross),
                upright("crown", Signs::crown),
                upright("drop", Sky::drop),
                upright("flag", Vehicles::flag),
                free("flower", Plants::flower),
                free("gear", Tools::gear),
                upright("gem", Signs::gem),
                upright("glasses", Household::glasses),
                free("hammer", Tools::hammer),
                upright("hat", Household::hat),
                upright("heart", Signs::heart),
                upright("hourglass", Household::hourglass),
                upright("ladder", Tools::ladder),
                upright("lamp", Household::lamp),
                free("magnifier", Tools::magnifier),
                upright("pear", Plants::pear),
                upright("pine", Plants::pine),
                free("ring", Signs::ring),
                upright("rocket", Vehicles::rocket),
                upright("snowman", Sky::snowman),
                free("spiral", Signs::spiral),
                free("sun", Sky::sun),
                free("sword", Tools::sword),
                upright("wineglass", Household::wineglass)));
    }

    /** Ten other classes, for fine-tuning on few images. */
    public static SyntheticImages demo() {
        return new SyntheticImages(List.of(
                upright("anchor", Tools::anchor),
                upright("butterfly", Animals::butterfly),
                upright("cup", Household::cup),
                upright("fish", Animals::fish),
                upright("house", Vehicles::house),
                free("key", Tools::key),
                free("leaf", Plants::leaf),
                upright("mushroom", Plants::mushroom),
                free("star", Sky::star),
                upright("umbrella", Household::umbrella)));
    }

    /** The names of the classes in alphabetical order; a class's index is its position here. */
    public List<String> classes() {
        return classes.stream().map(SyntheticClass::name).toList();
    }

    /**
     * Draws an image. The same arguments give the same pixels on the same version of Java; the Java2D of another version may
     * round the coverage along an edge differently. Another size shows the same scene, apart from the noise.
     *
     * @param classIndex position in {@link #classes()}
     * @param seed selects one of the class's images
     * @param size width and height in pixels, 8 to 1024
     * @return an RGB image without transparency
     * @throws IndexOutOfBoundsException if there is no such class
     * @throws IllegalArgumentException if the size is out of range
     */
    public BufferedImage draw(int classIndex, long seed, int size) {
        if (classIndex < 0 || classIndex >= classes.size()) {
            throw new IndexOutOfBoundsException("class " + classIndex + " of " + classes.size() + "; the first is 0");
        }
        if (size < SMALLEST || size > LARGEST) {
            throw new IllegalArgumentException("images are " + SMALLEST + " to " + LARGEST + " pixels wide, not " + size);
        }
        SyntheticClass object = classes.get(classIndex);
        return Scene.photograph(object, new SplittableRandom(mix(seed) ^ object.name().hashCode()), size);
    }

    /**
     * Writes PNG files {@code folder/train/CLASS/0000.png}, … and {@code folder/valid/CLASS/0000.png}, …. No image is in both
     * parts. The folder appears only when it is complete.
     *
     * @param folder must not exist yet, or be empty
     * @param train number of training images per class, at least 1
     * @param valid number of validation images per class; with 0 there is no {@code valid} folder
     * @param size width and height in pixels, 8 to 1024
     * @throws IllegalArgumentException if a number or the size is out of range
     * @throws FileAlreadyExistsException if the folder is not empty, or is a file
     */
    public void write(Path folder, int train, int valid, int size, long seed) throws IOException {
        if (train < 1 || valid < 0) {
            throw new IllegalArgumentException("images per class: train " + train + " and valid " + valid
                    + "; expected at least 1 to train on, and 0 or more to validate on");
        }
        write(folder, draft -> {
            // Separate seeds, so that no validation image equals a training image, whatever their numbers.
            writePart(draft.resolve("train"), train, size, mix(2 * seed));
            if (valid > 0) {
                writePart(draft.resolve("valid"), valid, size, mix(2 * seed + 1));
            }
        });
    }

    /**
     * Writes PNG files {@code folder/CLASS/0000.png}, … in one part, as test images: {@link #write(Path, int, int, int, long)}
     * with a seed from 0 on writes none of them. The folder appears only when it is complete.
     *
     * @param folder must not exist yet, or be empty
     * @param images number of images per class, at least 1
     * @param size width and height in pixels, 8 to 1024
     * @throws IllegalArgumentException if a number or the size is out of range
     * @throws FileAlreadyExistsException if the folder is not empty, or is a file
     */
    public void write(Path folder, int images, int size, long seed) throws IOException {
        if (images < 1) {
            throw new IllegalArgumentException("images per class: expected at least 1, got " + images);
        }
        // ~seed is negative for seeds from 0 on, unlike 2·seed and 2·seed + 1, the numbers of other folders' parts.
        write(folder, draft -> writePart(draft, images, size, mix(~seed)));
    }

    /** Writes a folder's contents. */
    private interface Content {
        void writeTo(Path draft) throws IOException;
    }

    private static void write(Path folder, Content content) throws IOException {
        Path target = folder.toAbsolutePath();
        if (Files.exists(target) && !isEmptyFolder(target)) {
            throw occupied(target, null);
        }
        Files.createDirectories(target.getParent());
        // Files.createTempDirectory would make a folder that only its owner can read, also under its final name.
        Path draft = Files.createDirectory(target.resolveSibling("." + target.getFileName() + "-" + UUID.randomUUID()));
        try {
            content.writeTo(draft);
            moveIntoPlace(draft, target);
        } finally {
            delete(draft);
        }
    }

    private void writePart(Path part, int count, int size, long firstSeed) throws IOException {
        List<String> names = classes();
        for (String name : names) {
            Files.createDirectories(part.resolve(name));
        }
        try {
            IntStream.range(0, names.size() * count).parallel().forEach(k -> {
                int c = k / count;
                int i = k % count;
                Path file = part.resolve(names.get(c)).resolve("%04d.png".formatted(i));
                writePng(draw(c, firstSeed + i, size), file);
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static void writePng(BufferedImage drawn, Path file) {
        try {
            if (!ImageIO.write(drawn, "png", file.toFile())) {
                throw new IOException("this Java runtime has no PNG writer");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void moveIntoPlace(Path draft, Path target) throws IOException {
        try {
            Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (DirectoryNotEmptyException | FileAlreadyExistsException e) {
            throw occupied(target, e);
        }
    }

    private static boolean isEmptyFolder(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return false;
        }
        try (Stream<Path> entries = Files.list(path)) {
            return entries.findAny().isEmpty();
        }
    }

    private static FileAlreadyExistsException occupied(Path target, @Nullable IOException cause) {
        FileAlreadyExistsException e = new FileAlreadyExistsException(target.toString(), null,
                "exists and is not an empty folder; name another folder or remove it");
        e.initCause(cause);
        return e;
    }

    private static void delete(Path draft) throws IOException {
        if (Files.exists(draft)) {
            try (Stream<Path> all = Files.walk(draft)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    /** Stafford's variant 13 of MurmurHash3's finalizer, which maps seeds 1, 2, 3, … to distant numbers. */
    static long mix(long z) {
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
