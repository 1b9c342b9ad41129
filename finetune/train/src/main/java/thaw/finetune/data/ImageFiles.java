package thaw.finetune.data;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import thaw.finetune.images.ImageFormat;

/**
 * The image files beneath a folder, at any depth. Links are followed; hidden folders and those of {@link FileNames#isHidden} are
 * skipped.
 *
 * @param images     files with an image's extension, in the order of their paths' code points
 * @param skipped    the number of other files by {@link #ending}
 * @param unreadable pipes, sockets and devices with an image's extension, which may never end; folders that cannot be listed;
 *                   links to a folder that contains them
 */
public record ImageFiles(List<Path> images, Map<String, Integer> skipped, List<BrokenImage> unreadable) {
    static final Comparator<Path> BY_CODE_POINTS = Comparator.comparing(Path::toString, FileNames.BY_CODE_POINTS);

    /** @throws ImageFolderException if the folder does not exist, is not a folder, or cannot be listed */
    public static ImageFiles beneath(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new ImageFolderException(folder + ": " + (Files.exists(folder) ? "is not a folder" : "no such folder"));
        }
        Walk walk = new Walk(folder);
        try {
            Files.walkFileTree(folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, walk);
        } catch (IOException failed) {
            throw new ImageFolderException(folder + ": cannot be listed: " + reason(failed), failed);
        }
        walk.images.sort(BY_CODE_POINTS);
        return new ImageFiles(List.copyOf(walk.images), walk.skipped, List.copyOf(walk.unreadable));
    }

    /** A file name's extension for messages: {@code .txt}, in lower case; {@code hidden} or {@code without ending}. */
    static String ending(String fileName) {
        int dot = fileName.lastIndexOf('.');
        if (fileName.startsWith(".")) {
            return "hidden";
        }
        return dot < 0 ? "without ending" : fileName.substring(dot).toLowerCase(Locale.ROOT);
    }

    /** Whether a file's name has an image's extension and is not hidden. */
    static boolean isImage(Path file) {
        String name = FileNames.of(file);
        return name.indexOf('.') > 0 && !FileNames.isHidden(file) && ImageFormat.isImageName(name);
    }

    /** The reason of an error, without the file's name. */
    static String reason(IOException failed) {
        if (failed instanceof AccessDeniedException) {
            return "permission denied";
        }
        boolean named = failed instanceof FileSystemException system && system.getReason() != null;
        return named ? ((FileSystemException) failed).getReason() : failed.getMessage();
    }

    private static final class Walk extends SimpleFileVisitor<Path> {
        private static final String LOOP = ": is a link back to a folder above it";

        private final Path folder;
        private final List<Path> images = new ArrayList<>();
        private final Map<String, Integer> skipped = new TreeMap<>();
        private final List<BrokenImage> unreadable = new ArrayList<>();

        private Walk(Path folder) {
            this.folder = folder;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            if (directory.equals(folder)) {
                return FileVisitResult.CONTINUE;
            }
            boolean loop = isAbove(directory);
            if (loop && !FileNames.isHidden(directory)) {
                unreadable.add(new BrokenImage(directory, directory + LOOP));
            }
            return loop || FileNames.isHidden(directory) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
        }

        /** Also true for a link to a parent, such as from a class to the folder of all classes, whose images belong to others. */
        private boolean isAbove(Path directory) {
            try {
                return Files.isSymbolicLink(directory) && folder.toRealPath().startsWith(directory.toRealPath());
            } catch (IOException gone) {
                return false;
            }
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (!isImage(file)) {
                skipped.merge(ending(FileNames.of(file)), 1, Integer::sum);
            } else if (attributes.isOther()) {
                unreadable.add(new BrokenImage(file, file + ": is a pipe, a socket or a device; expected an image file"));
            } else {
                images.add(file);
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failed) {
            if (!FileNames.isHidden(file)) {
                unreadable.add(new BrokenImage(file, file + (failed instanceof FileSystemLoopException ? LOOP
                        : ": cannot be read: " + reason(failed))));
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, IOException failed) {
            if (failed != null) {
                unreadable.add(new BrokenImage(directory, directory + ": cannot be listed to its end: " + reason(failed)));
            }
            return FileVisitResult.CONTINUE;
        }
    }
}
