package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.stream.Collectors;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.images.Transforms;
import thaw.finetune.images.UnreadFormat;
import thaw.finetune.run.BrokenImages;

/** Reports the layout found in DATA and the files that were skipped, as text and in the JSON result. */
final class DataReport {

    /** The number of broken images named on standard error. */
    private static final int NAMED = 3;

    private DataReport() {
    }

    /** Counts of files without an image extension, such as {@code , 12 other files skipped: 8 .heic, 4 .txt}; may be empty. */
    static String skipped(ImageFolder data) {
        String endings = data.skippedByEnding().entrySet().stream().map(one -> one.getValue() + " " + one.getKey()
                + UnreadFormat.ofName(one.getKey()).map(format -> " (" + format.advice() + ")").orElse(""))
                .collect(Collectors.joining(", "));
        return data.skipped() == 0 ? "" : ", " + data.skipped() + (data.skipped() == 1 ? " other file" : " other files")
                + " skipped: " + endings;
    }

    /** Notes on standard error that images already of the network's size are seen at a different scale from the rest. */
    static void noteScales(OutputOptions output, ImageFolder data) {
        Transforms transforms = data.transforms();
        output.note("some images are " + transforms.size() + " x " + transforms.size() + " already and were not resized, the"
                + " others were resized to " + transforms.resize() + " and cropped: two scales; --resize " + transforms.resize()
                + " resizes all images");
    }

    /** Adds {@code data} to a result. */
    static void add(ObjectNode json, ImageFolder data, String summary) {
        ObjectNode read = json.putObject("data").put("summary", summary).put("folder", data.root().toString())
                .put("valid_folder", data.validRoot().map(Object::toString).orElse(null));
        data.unused().forEach(read.putArray("unused")::add);
        ObjectNode skipped = read.putObject("skipped");
        for (Map.Entry<String, Integer> one : data.skippedByEnding().entrySet()) {
            skipped.put(one.getKey(), one.getValue());
        }
    }

    /** Adds {@code broken_images}, their number, and {@code broken}, each with file and reason, to a result. */
    static void add(ObjectNode json, BrokenImages broken) {
        json.put("broken_images", broken.reasons().size());
        ArrayNode array = json.putArray("broken");
        broken.reasons().forEach((file, reason) -> array.addObject().put("file", file).put("reason", reason));
    }

    /**
     * Notes the number of broken images on standard error, with the first {@value #NAMED} of them.
     *
     * @param all the place where all of them are listed, for the message
     */
    static void note(OutputOptions output, BrokenImages broken, String all) {
        int count = broken.reasons().size();
        if (count > 0) {
            output.note(count + (count == 1 ? " image was" : " images were") + " skipped: "
                    + broken.reasons().values().stream().limit(NAMED).collect(Collectors.joining("; "))
                    + (count > NAMED ? "; and " + (count - NAMED) + " more, all of which are " + all : ""));
        }
    }
}
