package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import thaw.engine.io.AtomicFile;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;

/** {@code thaw convert}: rewrites weights of any supported format as a single safetensors file. */
@Command(name = "convert", sortOptions = false, customSynopsis = "thaw convert IN OUT [OPTIONS]",
        description = "Converts a weight file to safetensors, bit for bit unless --half is given.",
        footer = {"", "Example: thaw convert resnet50.pth resnet50.safetensors"})
final class ConvertCommand extends Subcommand {

    /** Usual extensions of formats that the command reads but does not write. */
    private static final String OTHER_ENDING = ".*\\.(pth|pt|th|tar|bin|ckpt|pkl|onnx)";

    @Parameters(index = "0", paramLabel = "IN", description = "PyTorch checkpoint (.pth, .pt, .th, .tar), safetensors, ONNX"
            + " model, or the index or folder of weights in several files.")
    private Path in;

    @Parameters(index = "1", paramLabel = "OUT", description = "File to write; an existing one is replaced at the end.")
    private Path out;

    @Option(names = "--weights-key", paramLabel = "KEY",
            description = "Checkpoint key of the weights (default: the model's).")
    private @Nullable String key;

    @Option(names = "--half", description = "Rounds float32 to float16, which halves the file.")
    private boolean half;

    @Override
    public Integer call() throws IOException {
        if (out.toString().toLowerCase(Locale.ROOT).matches(OTHER_ENDING)) {
            throw new Failure(out + ": thaw convert writes only safetensors (thaw export writes ONNX); give OUT a name that ends"
                    + " in .safetensors");
        }
        AtomicFile.requireWritable(out);
        Weights read = key == null ? Weights.read(in) : Weights.read(in, key);
        Weights weights = half ? halved(read) : read;
        if (Files.exists(out) && Files.isSameFile(in, out)) {
            throw new Failure(out + ": is the input file itself, which is not overwritten; give OUT another name");
        }
        // Expected by PyTorch's readers of safetensors; first, as in models.
        Map<String, String> metadata = new LinkedHashMap<>(Map.of("format", "pt"));
        metadata.putAll(read.metadata());
        metadata.put("format", "pt");
        Weights.write(out, weights, metadata);

        Map<String, Long> dtypes = weights.values().stream()
                .collect(Collectors.groupingBy(tensor -> tensor.dtype().name(), TreeMap::new, Collectors.counting()));
        long elements = weights.values().stream().mapToLong(tensor -> tensor.shape().size()).sum();
        long bytes = weights.values().stream().mapToLong(ConvertCommand::bytes).sum();
        output.text(String.format(Locale.ROOT, "%s: %,d tensors (%s), %,d elements, %,d bytes", out, weights.size(),
                String.join(", ", dtypes.keySet()), elements, Files.size(out)));
        if (key == null && !read.otherKeys().isEmpty()) {
            output.text(in + ": using the weights under '" + read.key() + "'; others are under "
                    + String.join(", ", read.otherKeys()) + "; --weights-key selects them");
        }
        ObjectNode json = OutputOptions.object().put("input", in.toString()).put("output", out.toString())
                .put("key", read.key())
                .put("tensors", weights.size()).put("elements", elements).put("tensor_bytes", bytes)
                .put("file_bytes", Files.size(out));
        ObjectNode counts = json.putObject("dtypes");
        dtypes.forEach(counts::put);
        output.result(json);
        return 0;
    }

    private Weights halved(Weights read) {
        Map<String, StoredTensor> halved = new LinkedHashMap<>();
        read.forEach((name, tensor) -> {
            try {
                halved.put(name, tensor.toFloat16());
            } catch (ArithmeticException beyond) {
                throw new Failure(in + ": " + name + ": " + beyond.getMessage() + "; leave --half out", beyond);
            }
        });
        return Weights.of(halved, read.metadata());
    }

    private static long bytes(StoredTensor tensor) {
        return (long) tensor.shape().size() * tensor.dtype().size();
    }
}
