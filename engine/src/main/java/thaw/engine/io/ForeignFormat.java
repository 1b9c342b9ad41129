package thaw.engine.io;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Recognises formats that are often mistaken for weight files that Thaw reads, and advises on each. */
final class ForeignFormat {

    private static final String EXPORT = "; in the program that made it, load the original PyTorch model and save its"
            + " state_dict";
    private static final String UNPACK = "; unpack it first";

    /** A format and the first bytes of its files, in hexadecimal digits. */
    private record Magic(String hex, String description) {
    }

    private static final List<Magic> BEGINNINGS = List.of(
            new Magic("894844460d0a1a0a", "an HDF5 file (Keras, .h5)" + EXPORT),
            new Magic("1f8b", "compressed with gzip" + UNPACK),
            new Magic("fd377a585a00", "compressed with xz" + UNPACK),
            new Magic("28b52ffd", "compressed with zstd" + UNPACK),
            new Magic("425a68", "compressed with bzip2" + UNPACK),
            new Magic("377abcaf271c", "a 7z archive" + UNPACK),
            new Magic("526172211a07", "a rar archive" + UNPACK),
            new Magic("7801", "compressed with zlib (joblib)" + UNPACK),
            new Magic("789c", "compressed with zlib (joblib)" + UNPACK),
            new Magic("78da", "compressed with zlib (joblib)" + UNPACK),
            new Magic("934e554d5059", "a NumPy array (.npy); in Python, save a dict of named tensors with torch.save"),
            new Magic("47475546", "a GGUF file (llama.cpp), a format of language models"),
            new Magic("0400000001000000", "a Torch7 file (.t7) of Lua's Torch; read it in Python, for example with the package"
                    + " torchfile, and save its tensors with torch.save"),
            new Magic("0300000001000000", "a Torch7 file (.t7) of Lua's Torch; read it in Python, for example with the package"
                    + " torchfile, and save its tensors with torch.save"),
            new Magic("80", "a plain Python pickle (pickle, joblib), not written by torch.save; if you trust it, load it in"
                    + " Python and save its tensors with torch.save"));

    /** The last 8 bytes of TensorFlow's checkpoint tables, as of LevelDB's. */
    private static final long TABLE_MAGIC = 0xdb4775248b80fb57L;

    private static final int SHOWN = 80;

    private ForeignFormat() {
    }

    /**
     * Describes a file that is in none of the supported formats, and what to do with it.
     *
     * @param hex the file's first bytes as hexadecimal digits
     */
    static String of(FileBytes file, String hex) {
        for (Magic magic : BEGINNINGS) {
            if (hex.startsWith(magic.hex)) {
                return magic.description;
            }
        }
        if (hex.startsWith("54464c33", 8)) {
            return "a TensorFlow Lite model (.tflite)" + EXPORT;
        }
        if (file.length() >= 8 && file.slice(file.length() - 8, 8).getLong() == TABLE_MAGIC) {
            return "the index of a TensorFlow checkpoint" + EXPORT;
        }
        if (FileFormat.isText(file)) {
            return text(file);
        }
        return binary(file, hex);
    }

    private static String text(FileBytes file) {
        String text = StandardCharsets.UTF_8.decode(file.slice(0, Math.min(4 * SHOWN, file.length()))).toString();
        if (text.startsWith("version https://git-lfs")) {
            return "a pointer of Git LFS, not the file itself; fetch it with: git lfs pull";
        }
        if (text.stripLeading().startsWith("<")) {
            return "a web page, not weights; was the download an error page?";
        }
        if (text.startsWith("4\n1\n") || text.startsWith("3\n1\n")) {
            return "a Torch7 file (.t7) of Lua's Torch; read it in Python, and save its tensors with torch.save";
        }
        String line = text.strip().lines().findFirst().orElse("");
        String shown = line.length() > SHOWN ? line.substring(0, SHOWN) + "…" : line;
        return "text, not weights: " + WeightFileException.quote(shown) + "; if that is a server's answer, check the"
                + " address, the file's name and your access, and download it again";
    }

    /** Protocol buffers have no magic number, so the first field's number and type and the bytes after it are examined. */
    private static String binary(FileBytes file, String hex) {
        ByteBuffer start = file.slice(0, Math.min(8, file.length()));
        int first = start.get(0) & 0xff;
        int second = start.remaining() > 1 ? start.get(1) & 0xff : 0;
        if (first == 0x08 && second < 32 && start.remaining() == 8 && start.get(2) == 0x12) {
            return "a model as protocol buffer (Core ML's .mlmodel or TensorFlow's saved_model.pb)" + EXPORT;
        }
        if (first == 0x0a && start.remaining() == 8 && (start.get(2) == 0x0a || start.get(3) == 0x0a)) {
            return "a protocol buffer, such as TensorFlow's frozen graph (.pb)" + EXPORT;
        }
        boolean map = first > 0x80 && first < 0x90 || first == 0xde;
        int key = first == 0xde && start.remaining() > 3 ? start.get(3) & 0xff : second;
        if (map && ((key & 0xe0) == 0xa0 || key == 0xd9)) {
            return "MessagePack, as Flax writes it (.msgpack); in Python, load the model with from_flax=True and save its"
                    + " state_dict with torch.save";
        }
        return "not a known weight file (it begins with the bytes " + hex.substring(0, Math.min(16, hex.length())) + ")";
    }

    /** Describes a zip archive that has no {@code FOLDER/data.pkl}. */
    static String zip(Iterable<String> names) {
        String weights = null;
        for (String name : names) {
            if (name.endsWith("archive_format") || name.endsWith("serialized_exported_program.json")) {
                return "a program that torch.export saved (.pt2), which contains a graph; in Python, save its weights:"
                        + " torch.save(torch.export.load(path).state_dict, \"weights.pth\")";
            }
            if (name.endsWith(".npy")) {
                return "NumPy arrays (.npz); in Python, save a dict of named tensors with torch.save";
            }
            if (name.equals("model.weights.h5")) {
                return "a Keras model (.keras)" + EXPORT;
            }
            if (weights == null && name.matches(".*\\.(pth|pt|bin|safetensors|th|tar|ckpt)")) {
                weights = name;
            }
        }
        return weights == null ? "a zip archive, but not one of PyTorch: it has no FOLDER/data.pkl"
                : "a zip archive of several files; unpack it, and give the weight file in it: "
                        + WeightFileException.quote(weights);
    }

    /** Describes a JSON file that is not a shard index; usually a server's error response. */
    static String json(Map<String, String> values) {
        for (String key : List.of("error", "message", "detail", "errors")) {
            if (values.containsKey(key)) {
                return "not weights but a server's answer, " + key + ": " + WeightFileException.quote(values.get(key))
                        + "; check the address, the file's name and your access, and download it again";
            }
        }
        return "JSON without \"weight_map\", not weights" + (values.containsKey("architectures")
                || values.containsKey("architecture") ? " but a model's config; give the weight file of the model" : "");
    }
}
