package thaw.finetune.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import thaw.finetune.images.ImageFormat;
import thaw.finetune.predict.LabelSet;

/** Lists class folders: each subfolder is a class of its name, with all image files beneath it, at any depth. */
final class ClassFolders {
    private ClassFolders() {
    }

    /**
     * The images of classes, each of which must have some.
     *
     * @throws ImageFolderException if a class has no image, and under the conditions of {@link #list}
     */
    static ImageList read(Path root, List<Path> folders) {
        ImageList list = list(root, folders);
        boolean[] present = new boolean[folders.size()];
        list.samples().forEach(sample -> present[sample.label()] = true);
        for (int label = 0; label < folders.size(); label++) {
            if (!present[label]) {
                Path folder = folders.get(label);
                ImageFiles files = ImageFiles.beneath(folder);
                throw new ImageFolderException(folder + ": class '" + FileNames.of(folder) + "' has no image (files skipped: "
                        + files.skipped().values().stream().mapToInt(Integer::intValue).sum()
                        + files.unreadable().stream().map(one -> "; " + one.reason()).collect(Collectors.joining())
                        + "); expected files ending in " + endings() + "; add some or remove the folder");
            }
        }
        return list;
    }

    /**
     * The images of classes, some of which may have none.
     *
     * @param folders the class folders, some or all of {@link #subfolders}
     * @throws ImageFolderException if there are no class folders, or a name cannot be a class's
     */
    static ImageList list(Path root, List<Path> folders) {
        if (folders.isEmpty()) {
            throw new ImageFolderException(root + ": has no class folders; expected one subfolder of images for each class, "
                    + "such as " + root.resolve("cats") + " and " + root.resolve("dogs"));
        }
        requireDifferentNames(root, folders);
        List<Sample> samples = new ArrayList<>();
        List<BrokenImage> unreadable = new ArrayList<>();
        Map<String, Integer> skipped = new TreeMap<>();
        children(root).filter(Files::isRegularFile)
                .forEach(file -> skipped.merge(ImageFiles.ending(FileNames.of(file)), 1, Integer::sum));
        for (int label = 0; label < folders.size(); label++) {
            ImageFiles files = ImageFiles.beneath(folders.get(label));
            for (Path file : files.images()) {
                samples.add(new Sample(file, label));
            }
            files.skipped().forEach((ending, count) -> skipped.merge(ending, count, Integer::sum));
            unreadable.addAll(files.unreadable());
        }
        LabelSet labels = new LabelSet(folders.stream().map(FileNames::of).toList(), false);
        return new ImageList(FileNames.of(root) + "/", root, labels, samples, skipped, unreadable);
    }

    private static void requireDifferentNames(Path root, List<Path> folders) {
        Map<String, Path> byName = new HashMap<>();
        for (Path folder : folders) {
            FileNames.requireText(folder);
            if (byName.put(FileNames.normalized(FileNames.of(folder)), folder) != null) {
                throw new ImageFolderException(root + ": has two folders called '" + FileNames.of(folder) + "', one with composed"
                        + " and one with combining characters; move the images of one into the other");
            }
        }
    }

    /** The folders in a folder without hidden ones, in the order of their names' code points. */
    static List<Path> subfolders(Path root) {
        return children(root).filter(path -> Files.isDirectory(path) && !FileNames.isHidden(path))
                .sorted(ImageFiles.BY_CODE_POINTS).toList();
    }

    /** Whether {@code root} is a folder with at least one subfolder that is not hidden. */
    static boolean looksLikeOne(Path root) {
        return Files.isDirectory(root) && !subfolders(root).isEmpty();
    }

    /** Whether the folder itself contains images. */
    static boolean hasImages(Path folder) {
        return children(folder).anyMatch(file -> ImageFiles.isImage(file) && Files.isRegularFile(file));
    }

    /** Whether the folder or any folder below it contains images. */
    static boolean hasImagesBeneath(Path folder) {
        return !ImageFiles.beneath(folder).images().isEmpty();
    }

    static Stream<Path> children(Path root) {
        try (Stream<Path> children = Files.list(root)) {
            return children.toList().stream();
        } catch (IOException unreadable) {
            throw new ImageFolderException(root + ": cannot be listed: " + ImageFiles.reason(unreadable), unreadable);
        }
    }

    private static String endings() {
        return Arrays.stream(ImageFormat.values()).flatMap(format -> format.extensions().stream())
                .map(ending -> "." + ending).collect(Collectors.joining(", "));
    }
}
