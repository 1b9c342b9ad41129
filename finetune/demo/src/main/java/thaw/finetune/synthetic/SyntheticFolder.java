package thaw.finetune.synthetic;

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
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/** Writes synthetic images of a {@link SyntheticImages} as a folder of class folders. */
final class SyntheticFolder {

    private SyntheticFolder() {
    }

    static void write(SyntheticImages set, Path folder, int train, int valid, int size, long seed) throws IOException {
        if (train < 1 || valid < 0) {
            throw new IllegalArgumentException("images per class: train " + train + " and valid " + valid
                    + "; expected at least 1 to train on, and 0 or more to validate on");
        }
        write(folder, draft -> {
            // Separate seeds, so that no validation image equals a training image, whatever their numbers.
            writePart(set, draft.resolve("train"), train, size, SyntheticImages.mix(2 * seed));
            if (valid > 0) {
                writePart(set, draft.resolve("valid"), valid, size, SyntheticImages.mix(2 * seed + 1));
            }
        });
    }

    static void write(SyntheticImages set, Path folder, int images, int size, long seed) throws IOException {
        if (images < 1) {
            throw new IllegalArgumentException("images per class: expected at least 1, got " + images);
        }
        // ~seed is negative for seeds from 0 on, unlike 2·seed and 2·seed + 1, the numbers of other folders' parts.
        write(folder, draft -> writePart(set, draft, images, size, SyntheticImages.mix(~seed)));
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

    private static void writePart(SyntheticImages set, Path part, int count, int size, long firstSeed) throws IOException {
        List<String> classes = set.classes();
        for (String name : classes) {
            Files.createDirectories(part.resolve(name));
        }
        try {
            IntStream.range(0, classes.size() * count).parallel().forEach(k -> {
                int c = k / count;
                int i = k % count;
                Path file = part.resolve(classes.get(c)).resolve("%04d.png".formatted(i));
                writePng(set.draw(c, firstSeed + i, size), file);
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
}
