package thaw.finetune.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import thaw.engine.io.AtomicFile;
import thaw.finetune.data.BrokenImage;
import thaw.finetune.data.Csv;

/**
 * The images that a run has passed over, also before it was stopped and went on.
 *
 * @param reasons by file, which names what is wrong with it
 */
public record BrokenImages(SortedMap<String, String> reasons) {

    public BrokenImages {
        reasons = Collections.unmodifiableSortedMap(new TreeMap<>(reasons));
    }

    public static BrokenImages of(List<BrokenImage> images) {
        SortedMap<String, String> reasons = new TreeMap<>();
        images.forEach(image -> reasons.put(image.file().toString(), image.reason()));
        return new BrokenImages(reasons);
    }

    /** Those of a table that {@link #write} has written; none where there is no such file. */
    static BrokenImages read(Path file) {
        SortedMap<String, String> reasons = new TreeMap<>();
        if (Files.exists(file)) {
            Csv.read(file).stream().skip(1).filter(record -> record.size() == 2)
                    .forEach(record -> reasons.put(record.get(0), record.get(1)));
        }
        return new BrokenImages(reasons);
    }

    /** These and those; the first reason counts. */
    BrokenImages and(BrokenImages others) {
        SortedMap<String, String> all = new TreeMap<>(others.reasons);
        all.putAll(reasons);
        return new BrokenImages(all);
    }

    /** A record for each; the file shows the old ones or the new ones, whenever this is cut short. */
    void write(Path file) throws IOException {
        StringBuilder table = new StringBuilder(Csv.line(List.of("file", "reason")));
        reasons.forEach((image, reason) -> table.append(Csv.line(List.of(image, reason))));
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(table.toString());
        AtomicFile.write(file, channel -> {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }
}
