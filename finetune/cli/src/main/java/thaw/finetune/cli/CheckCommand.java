package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import thaw.engine.Device;
import thaw.engine.io.AtomicFile;
import thaw.finetune.check.DataCheck;
import thaw.finetune.check.Finding;
import thaw.finetune.check.Finding.Kind;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.demo.ShippedNetwork;
import thaw.finetune.images.Transforms;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.report.CheckPage;
import thaw.resnet.Head;
import thaw.resnet.Network;

/** {@code thaw check}: looks for wrong labels, copies and unfit images before training. */
@Command(name = "check", sortOptions = false, customSynopsis = "thaw check DATA [--weights FILE] [-o PAGE] [OPTIONS]",
        description = "Finds wrong labels, copies and unfit images in a data set, before training. Changes nothing.",
        footer = {"", "Example: thaw check photos --weights resnet50.pth"})
final class CheckCommand extends DeviceCommand {

    @Parameters(paramLabel = "DATA", description = "Folder of class folders, or of train/ and valid/.")
    private Path dataFolder;

    @Option(names = "--weights", paramLabel = "FILE",
            description = "Pretrained weights, by whose features labels are judged (default: Thaw's own small network).")
    private @Nullable Path weightFile;

    @Option(names = "--arch", paramLabel = "NAME", description = "Expected architecture of the weights.")
    private @Nullable String archName;

    @Mixin
    private WeightOptions weightOptions;

    @Option(names = {"-o", "--out"}, paramLabel = "PAGE", defaultValue = "check.html", description = "The page (default: check.html).")
    private Path page;

    @Option(names = "--csv", paramLabel = "FILE", defaultValue = "check.csv",
            description = "The table, a finding per row (default: check.csv).")
    private Path table;

    @Option(names = "--size", paramLabel = "PIXELS", description = "Image side (default: the weights').")
    private @Nullable Integer size;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "32", description = "Images per batch (default: 32).")
    private int batch;

    @Mixin
    private ListingOptions listing;

    @Mixin
    private PixelLimit limit;

    /** A network, and the preparation of its images. */
    private record Body(Network net, Transforms transforms) {
    }

    @Override
    public Integer call() throws IOException {
        Failure.ifBelow("--batch", batch, 1);
        Failure.ifBelow("--size", size == null ? 1 : size, 1);
        if (AtomicFile.requireWritable(page).equals(AtomicFile.requireWritable(table))) {
            throw new Failure("--csv: the page would replace the table " + table + "; give it another name");
        }
        ImageFolder folder = listing.source(dataFolder).images().batch(batch).threads(deviceOptions.threads()).maxPixels(limit.maxPixels());
        DataCheck check;
        try (Device device = deviceOptions.open(output); Progress progress = new Progress()) {
            Body body = body(device, folder.classes().size());
            Transforms transforms = size == null ? body.transforms : body.transforms.size(size);
            ImageFolder data = folder.transforms(weightOptions.normalize(transforms));
            output.text((data.isDivided() ? data.summary() : data.root() + ": " + data.evaluation().size() + " images of "
                    + data.classes().size() + " classes") + DataReport.skipped(data));
            int images = data.evaluation().size() + (data.isDivided() ? data.train().size() : 0);
            check = DataCheck.of(body.net, data, done -> progress.step("images", done, images));
        }
        check.writeCsv(table);
        new CheckPage(dataFolder.toAbsolutePath().normalize().getFileName() + ", checked", check, table.getFileName().toString())
                .write(page);
        summarize(check);
        output.result(json(check).put("page", page.toString()).put("table", table.toString()));
        return 0;
    }

    private Body body(Device device, int classes) throws IOException {
        if (weightFile == null) {
            weightOptions.requireNoWeights();
            if (archName != null) {
                throw new Failure("--arch needs weights; give --weights FILE too");
            }
            ModelFile own = ShippedNetwork.read();
            return new Body(own.toNet(device), own.transforms());
        }
        Pretrained pretrained = weightOptions.read(weightFile, archName);
        pretrained.notes().forEach(output::note);
        int side = pretrained.config().size().orElse(Architectures.nativeSize(pretrained.architecture()));
        return new Body(Failure.naming(weightFile.toString(), () -> pretrained.network().withNewHead(Head.LINEAR, classes, device, 1)),
                pretrained.config().normalize(Transforms.of(side)));
    }

    private void summarize(DataCheck check) {
        List<Finding> leaks = check.leaks();
        if (!leaks.isEmpty()) {
            output.text(leaks.size() + (leaks.size() == 1 ? " validation image is a copy" : " validation images are copies")
                    + " of training images: a leak, the accuracy there is partly memory");
        }
        int conflicts = check.conflicts().size();
        if (conflicts > 0) {
            output.text(conflicts + (conflicts == 1 ? " copy has" : " copies have") + " another label than the original");
        }
        if (weightFile == null && check.accuracy().isPresent()) {
            output.note("labels are judged by Thaw's own small network, trained on drawings; --weights of one trained on photographs finds"
                    + " more wrong labels");
        }
        output.text(check.accuracy().isEmpty() ? "labels not judged: that needs two classes, one label an image, and ten images"
                : String.format(Locale.ROOT, "labels judged by predictions from the other images, %.1f %% of them as labelled",
                        100 * check.accuracy().getAsDouble()));
        for (Kind kind : Kind.values()) {
            List<Finding> found = check.of(kind);
            if (!found.isEmpty()) {
                Finding worst = found.get(0);
                String name = kind == Kind.IMBALANCE ? worst.image().classes().get(0) : name(worst.image())
                        + worst.other().map(other -> " of " + name(other)).orElse("");
                output.text(String.format(Locale.ROOT, "%6d %-15s such as %s: %s", found.size(), kind.label(), name, worst.reason()));
            }
        }
        output.text((check.findings().isEmpty() ? "no findings; " : "") + "the page is " + page + ", the table " + table);
    }

    /** The file, relative to DATA if it lies there. */
    private String name(Finding.Place image) {
        Path root = dataFolder.toAbsolutePath().normalize();
        return (image.file().startsWith(root) ? root.relativize(image.file()) : image.file()).toString();
    }

    private static ObjectNode json(DataCheck check) {
        ObjectNode json = OutputOptions.object();
        check.images().forEach((part, count) -> json.put(part + "_images", count));
        json.put("label_accuracy", check.accuracy().isPresent() ? check.accuracy().getAsDouble() : null);
        json.put("leaks", check.leaks().size()).put("conflicts", check.conflicts().size());
        ObjectNode counts = json.putObject("findings");
        for (Kind kind : Kind.values()) {
            counts.put(kind.label(), check.of(kind).size());
        }
        return json;
    }
}
