package thaw.finetune.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import thaw.finetune.data.BrokenImage;
import thaw.finetune.data.Csv;

/**
 * The unreadable images that a run skipped, including those from before an interruption. Immutable.
 *
 * @param reasons by file; each reason names the file and says what is wrong with it
 */
public record BrokenImages(SortedMap<String, String> reasons) {

    /** Copies the map. */
    public BrokenImages {
        reasons = Collections.unmodifiableSortedMap(new TreeMap<>(reasons));
    }

    /** The reasons by file. */
    public static BrokenImages of(List<BrokenImage> images) {
        SortedMap<String, String> reasons = new TreeMap<>();
        images.forEach(image -> reasons.put(image.file().toString(), image.reason()));
        return new BrokenImages(reasons);
    }

    /** Reads a table that {@link #write} wrote; empty if there is no such file. */
    static BrokenImages read(Path file) {
        SortedMap<String, String> reasons = new TreeMap<>();
        if (Files.exists(file)) {
            Csv.read(file).stream().skip(1).filter(record -> record.size() == 2)
                    .forEach(record -> reasons.put(record.get(0), record.get(1)));
        }
        return new BrokenImages(reasons);
    }

    /** The union; an image in both keeps the reason given here. */
    BrokenImages and(BrokenImages others) {
        SortedMap<String, String> all = new TreeMap<>(others.reasons);
        all.putAll(reasons);
        return new BrokenImages(all);
    }

    /** Writes one record per image. The file is replaced atomically: it has the old content or the new. */
    void write(Path file) throws IOException {
        List<List<String>> table = new ArrayList<>(List.of(List.of("file", "reason")));
        reasons.forEach((image, reason) -> table.add(List.of(image, reason)));
        Csv.write(file, table);
    }
}
