package thaw.finetune.data;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import thaw.finetune.images.ImageFormat;

/** Lists a folder with a subfolder for each class, named like it; the image files anywhere beneath are the class's images. */
final class ClassFolders {
    private static final Comparator<Path> BY_CODE_POINTS = Comparator.comparing(Path::toString, CodePoints.ORDER);

    private ClassFolders() {
    }

    /** @throws ImageFolderException when the folder is missing, has no class folders, or one of them has no image */
    static ImageList read(Path root) {
        if (!Files.isDirectory(root)) {
            throw new ImageFolderException(root + ": " + (Files.exists(root) ? "is not a folder" : "no such folder")
                    + "; expected a folder with one subfolder of images for each class");
        }
        List<Path> folders = subfolders(root);
        if (folders.isEmpty()) {
            throw new ImageFolderException(root + ": has no class folders; expected one subfolder of images for each class, "
                    + "such as " + root.resolve("cats") + " and " + root.resolve("dogs"));
        }
        List<Sample> samples = new ArrayList<>();
        int skipped = looseFiles(root);
        for (int label = 0; label < folders.size(); label++) {
            Path folder = folders.get(label);
            Listing listing = Listing.of(folder);
            if (listing.images.isEmpty()) {
                throw new ImageFolderException(folder + ": class '" + name(folder) + "' has no image (files skipped: "
                        + listing.skipped + "); expected files ending in " + endings() + "; add some or remove the folder");
            }
            for (Path file : listing.images) {
                samples.add(new Sample(file, label));
            }
            skipped += listing.skipped;
        }
        LabelSet labels = new LabelSet(folders.stream().map(ClassFolders::name).toList(), false);
        return new ImageList(root, labels, samples, skipped);
    }

    /** Whether {@code root} is a folder with at least one subfolder that is not hidden. */
    static boolean looksLikeOne(Path root) {
        return Files.isDirectory(root) && !subfolders(root).isEmpty();
    }

    private static List<Path> subfolders(Path root) {
        return children(root).filter(path -> Files.isDirectory(path) && !isHidden(path)).sorted(BY_CODE_POINTS).toList();
    }

    private static int looseFiles(Path root) {
        return (int) children(root).filter(Files::isRegularFile).count();
    }

    private static Stream<Path> children(Path root) {
        try (Stream<Path> children = Files.list(root)) {
            return children.toList().stream();
        } catch (IOException unreadable) {
            throw new ImageFolderException(root + ": cannot be listed: " + unreadable.getMessage(), unreadable);
        }
    }

    private static String endings() {
        return Arrays.stream(ImageFormat.values()).flatMap(format -> format.extensions().stream())
                .map(ending -> "." + ending).collect(Collectors.joining(", "));
    }

    private static String name(Path path) {
        return path.getFileName().toString();
    }

    private static boolean isHidden(Path path) {
        return name(path).startsWith(".");
    }

    /** The images beneath one class folder; links are followed, and a loop of links is an error rather than endless. */
    private static final class Listing extends SimpleFileVisitor<Path> {
        private final Path folder;
        private final List<Path> images = new ArrayList<>();
        private int skipped;

        private Listing(Path folder) {
            this.folder = folder;
        }

        static Listing of(Path folder) {
            Listing listing = new Listing(folder);
            try {
                Files.walkFileTree(folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, listing);
            } catch (IOException unreadable) {
                throw new ImageFolderException(folder + ": cannot be listed: " + unreadable.getMessage(), unreadable);
            }
            listing.images.sort(BY_CODE_POINTS);
            return listing;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            boolean hidden = isHidden(directory) && !directory.equals(folder);
            return hidden ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (!isHidden(file) && ImageFormat.isImageName(name(file))) {
                images.add(file);
            } else {
                skipped++;
            }
            return FileVisitResult.CONTINUE;
        }
    }
}
