package thaw.finetune.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import thaw.engine.io.AtomicFile;
import thaw.finetune.predict.ModelFile;

/** {@code thaw export}: writes a model as ONNX. */
@Command(name = "export", sortOptions = false, customSynopsis = "thaw export MODEL OUT [OPTIONS]",
        description = "Writes a model as ONNX, which other programs run.",
        footer = {"", "Example: thaw export model.safetensors model.onnx"})
final class ExportCommand extends Subcommand {

    @Parameters(index = "0", paramLabel = "MODEL", description = "Trained model.")
    private Path modelFile;

    @Parameters(index = "1", paramLabel = "OUT", description = "File to write, *.onnx; an existing one is replaced at the end.")
    private Path out;

    @Override
    public Integer call() throws IOException {
        if (!out.toString().toLowerCase(Locale.ROOT).endsWith(".onnx")) {
            throw new Failure(out + ": thaw export writes ONNX; give OUT a name that ends in .onnx");
        }
        AtomicFile.requireWritable(out);
        ModelFile model = ModelFile.read(modelFile);
        try {
            model.writeOnnx(out);
        } catch (IllegalArgumentException refused) {
            throw new Failure(modelFile + ": " + refused.getMessage(), refused);
        }
        int size = model.transforms().size();
        output.text(
                String.format(Locale.ROOT, "%s: from input [batch, 3, %d, %d] to output [batch, %d], scores of %s; %,d bytes", out, size,
                        size, model.classes().size(), String.join(", ", model.classes()), Files.size(out)));
        output.result(OutputOptions.object().put("model", modelFile.toString()).put("output", out.toString()).put("size", size)
                .put("classes", model.classes().size()).put("file_bytes", Files.size(out)));
        return 0;
    }
}
