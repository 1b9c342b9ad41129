package thaw.finetune.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The interpretation of a data set's subfolders. By default {@code train}, {@code valid} and {@code test}, in these and other
 * usual spellings, are parts of the data set, each with class folders, and all other subfolders are classes. An ambiguous folder
 * is an error whose message names the choices.
 *
 * @param partsByName whether parts are detected by name; otherwise every subfolder is a class
 * @param validFolder the validation folder, relative to the data set's or absolute; empty to detect it by name
 * @param leftOut     names of subfolders to ignore
 */
public record FolderLayout(boolean partsByName, String validFolder, List<String> leftOut) {
    /** Copies the list; a slash at the end of a name is dropped. */
    public FolderLayout {
        leftOut = leftOut.stream().map(name -> FileNames.normalized(name.replaceFirst("/$", ""))).toList();
    }

    /** Detects parts by name. */
    public static FolderLayout standard() {
        return new FolderLayout(true, "", List.of());
    }

    /** Every folder is a class, including {@code train} and {@code test}. */
    public static FolderLayout everyFolderAClass() {
        return new FolderLayout(false, "", List.of());
    }

    /** Sets the validation folder, relative to the data set's or absolute. */
    public FolderLayout validFolder(String path) {
        return new FolderLayout(partsByName, path, leftOut);
    }

    /** Sets the names of subfolders to ignore. */
    public FolderLayout leaveOut(List<String> names) {
        return new FolderLayout(partsByName, validFolder, names);
    }

    /** The subfolders of a data set, with those named like a part grouped by part. */
    private record Folders(Path root, List<Path> all, Map<Part, List<Path>> parts) {
        /** Folders that are named like a part and have class folders. */
        List<Path> of(Part part) {
            return parts.getOrDefault(part, List.of()).stream().filter(ClassFolders::looksLikeOne).toList();
        }

        List<Path> named(Part part) {
            return parts.getOrDefault(part, List.of());
        }

        List<Path> others() {
            return all.stream().filter(folder -> Part.named(FileNames.of(folder)).isEmpty()).toList();
        }
    }

    /** @throws ImageFolderException under the conditions of {@link ImageFolder#of(Path, FolderLayout)} */
    Listing list(Path root) {
        if (!Files.isDirectory(root)) {
            throw new ImageFolderException(root + ": " + (Files.exists(root) ? "is not a folder" : "no such folder")
                    + "; expected a folder with one subfolder of images for each class");
        }
        Folders folders = folders(root);
        Path given = validFolder.isEmpty() ? null : root.resolve(validFolder);
        Path train = only(folders, Part.TRAIN);
        if (train == null) {
            return classes(folders, given);
        }
        Path valid = given != null ? given : validation(folders);
        if (valid == null && folders.others().stream().anyMatch(ClassFolders::hasImagesBeneath)) {
            throw new ImageFolderException(root + ": " + name(train) + " may hold the images to train on, or be a class beside "
                    + names(folders.others()) + "; give " + train + " to train on the classes in it, or --flat (in Java"
                    + " FolderLayout.everyFolderAClass()) if every folder is a class");
        }
        List<Path> rest = folders.all.stream().filter(folder -> !folder.equals(train) && !folder.equals(valid)).toList();
        Path inner = unwrapped(train);
        return listing(ClassFolders.read(inner, ClassFolders.subfolders(inner)), valid == null ? null : unwrapped(valid),
                unused(rest));
    }

    /** The inner folder of a part whose only subfolder has the same name, such as {@code training_set/training_set/cats}. */
    private static Path unwrapped(Path part) {
        Path inner = part.resolve(FileNames.of(part));
        return ClassFolders.looksLikeOne(part) && ClassFolders.subfolders(part).equals(List.of(inner)) ? inner : part;
    }

    private Folders folders(Path root) {
        List<Path> all = new ArrayList<>(ClassFolders.subfolders(root));
        for (String wanted : leftOut) {
            if (!all.removeIf(folder -> FileNames.normalized(FileNames.of(folder)).equals(wanted))) {
                throw new ImageFolderException(root + ": has no folder '" + wanted + "' to leave out; it has " + names(all));
            }
        }
        Map<Part, List<Path>> parts = new TreeMap<>();
        if (partsByName) {
            all.forEach(folder -> Part.named(FileNames.of(folder))
                    .ifPresent(part -> parts.computeIfAbsent(part, any -> new ArrayList<>()).add(folder)));
        }
        return new Folders(root, all, parts);
    }

    /** The only folder of a part that has class folders; null if there is none. */
    private static @Nullable Path only(Folders folders, Part part) {
        List<Path> found = folders.of(part);
        if (found.size() > 1) {
            throw new ImageFolderException(folders.root + ": has " + names(found) + ", which are names of the same part; leave"
                    + " one out with --leave-out " + FileNames.of(found.get(1)) + " (in Java FolderLayout.leaveOut)");
        }
        return found.isEmpty() ? null : found.get(0);
    }

    /** The validation folder, or else a test folder with class folders, without which it has no labels. */
    private static @Nullable Path validation(Folders folders) {
        Path valid = only(folders, Part.VALID);
        if (valid == null && !folders.named(Part.VALID).isEmpty()) {
            valid = folders.named(Part.VALID).get(0);
        }
        return valid != null ? valid : only(folders, Part.TEST);
    }

    /** Lists a folder whose subfolders are the classes. */
    private Listing classes(Folders folders, @Nullable Path given) {
        List<Path> classes = folders.all.stream().filter(folder -> given == null || !isSame(folder, given)).toList();
        if (given == null && partsByName) {
            requireNoQuestion(folders);
        }
        return listing(ClassFolders.read(folders.root, classes), given, leftOut.stream().map(name -> name + "/").toList());
    }

    private static boolean isSame(Path one, Path other) {
        return one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
    }

    private static void requireNoQuestion(Folders folders) {
        List<Path> named = folders.parts.values().stream().flatMap(List::stream).toList();
        boolean onlyTrain = named.equals(folders.named(Part.TRAIN));
        if (!named.isEmpty() && folders.others().isEmpty()) {
            throw new ImageFolderException(folders.root + ": " + names(named) + (named.size() == 1 ? " has" : " have")
                    + " no class folders; expected one subfolder of images for each class in each, or a table of the images'"
                    + " classes (--labels), or --flat (in Java FolderLayout.everyFolderAClass()) if these are classes");
        }
        if (!named.isEmpty() && !onlyTrain) {
            Path one = Stream.of(folders.of(Part.VALID), folders.of(Part.TEST), named).flatMap(List::stream)
                    .filter(folder -> !folders.named(Part.TRAIN).contains(folder)).findFirst().orElseThrow();
            String name = FileNames.of(one);
            throw new ImageFolderException(folders.root + ": " + name + "/ may be a class beside " + names(folders.others())
                    + ", or hold images for evaluation; give --flat if every folder is a class, "
                    + (ClassFolders.looksLikeOne(one) ? "--valid-folder " + name + " to validate on it, " : "") + "or --leave-out "
                    + name + " (in Java, FolderLayout)");
        }
        List<Path> all = folders.all;
        if (all.size() == 1 && ClassFolders.looksLikeOne(all.get(0)) && !ClassFolders.hasImages(all.get(0))) {
            throw new ImageFolderException(folders.root + ": has only one folder, " + name(all.get(0)) + ", which contains "
                    + names(ClassFolders.subfolders(all.get(0))) + "; give " + all.get(0) + ", or --flat (in Java"
                    + " FolderLayout.everyFolderAClass()) if " + name(all.get(0)) + " is a class");
        }
        Set<String> shared = sharedClasses(all);
        if (shared.size() > 1) {
            Path train = all.stream().filter(folder -> FileNames.of(folder).toLowerCase(Locale.ROOT).contains("train")).findFirst()
                    .orElse(all.get(0));
            Path other = all.stream().filter(folder -> !folder.equals(train)).findFirst().orElseThrow();
            throw new ImageFolderException(folders.root + ": " + names(all) + " all contain the folders " + shared
                    + ", so they may be parts of one data set; give " + unwrapped(train) + " to train on, with --valid-folder "
                    + unwrapped(other).toAbsolutePath() + " to validate on another part, or --flat (in Java FolderLayout) if every"
                    + " folder is a class");
        }
    }

    /** The names of subfolders that several folders without images of their own have in common, as parts of a data set do. */
    private static Set<String> sharedClasses(List<Path> folders) {
        if (folders.size() < 2 || folders.stream().anyMatch(ClassFolders::hasImages)) {
            return Set.of();
        }
        Set<String> shared = new TreeSet<>(classNames(folders.get(0)));
        folders.forEach(folder -> shared.retainAll(classNames(folder)));
        return shared;
    }

    private static List<String> classNames(Path part) {
        return ClassFolders.subfolders(unwrapped(part)).stream().filter(ClassFolders::hasImagesBeneath)
                .map(folder -> FileNames.normalized(FileNames.of(folder))).toList();
    }

    private static Listing listing(ImageList train, @Nullable Path validFolder, List<String> unused) {
        List<String> remarks = new ArrayList<>();
        List<Path> folders = train.classes().stream().map(train.root()::resolve).toList();
        if (train.samples().stream().noneMatch(sample -> folders.get(sample.label()).equals(sample.file().getParent()))) {
            remarks.add("all images are in subfolders of the class folders");
        }
        ImageList valid = validFolder == null ? null : valid(validFolder, train, remarks);
        return new Listing(train, valid, unused, remarks);
    }

    /** The validation images, labelled by the training classes; classes without validation images are named in a remark. */
    private static ImageList valid(Path validFolder, ImageList train, List<String> remarks) {
        if (!Files.isDirectory(validFolder)) {
            throw new ImageFolderException(validFolder + ": no such folder; expected class folders for validation");
        }
        ImageList valid = ClassFolders.list(validFolder, ClassFolders.subfolders(validFolder));
        if (valid.samples().isEmpty()) {
            throw new ImageFolderException(validFolder + ": its class folders have no image; add some or remove the folder");
        }
        Map<String, Integer> labels = FileNames.numbers(train.classes());
        List<Integer> renumbered = valid.classes().stream().map(one -> labels.get(FileNames.normalized(one))).toList();
        boolean[] present = new boolean[train.classes().size()];
        Set<String> unknown = new HashSet<>();
        List<Sample> samples = new ArrayList<>();
        for (Sample sample : valid.samples()) {
            Integer label = renumbered.get(sample.label());
            if (label == null) {
                unknown.add(valid.classes().get(sample.label()));
            } else {
                present[label] = true;
                samples.add(new Sample(sample.file(), label));
            }
        }
        List<String> missing = IntStream.range(0, present.length).filter(label -> !present[label])
                .mapToObj(train.classes()::get).toList();
        if (!unknown.isEmpty()) {
            throw new ImageFolderException(validFolder + ": its classes differ from those of " + train.name() + ": "
                    + (missing.isEmpty() ? "" : "only " + train.name() + " has " + missing + ", ")
                    + "only " + valid.name() + " has " + unknown.stream().sorted(FileNames.BY_CODE_POINTS).toList()
                    + "; expected the same class folders in both");
        }
        if (!missing.isEmpty()) {
            remarks.add(valid.name() + " has no image of " + Listing.some(missing));
        }
        return valid.with(train.labels(), samples);
    }

    private List<String> unused(List<Path> rest) {
        return Stream.concat(rest.stream().map(FolderLayout::name), leftOut.stream().map(name -> name + "/")).toList();
    }

    private static String name(Path folder) {
        return FileNames.of(folder) + "/";
    }

    private static String names(List<Path> folders) {
        return Listing.some(folders.stream().map(FolderLayout::name).toList());
    }
}
