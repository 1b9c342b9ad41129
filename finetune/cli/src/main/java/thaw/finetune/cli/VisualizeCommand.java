package thaw.finetune.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import thaw.engine.Device;
import thaw.engine.io.AtomicFile;
import thaw.finetune.data.ImageFiles;
import thaw.finetune.demo.DemoImages;
import thaw.finetune.demo.ShippedNetwork;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.ImageSource;
import thaw.finetune.images.RgbImage;
import thaw.finetune.images.Transforms;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.synthetic.SyntheticImages;
import thaw.finetune.visualize.LayerStudy;
import thaw.finetune.visualize.VisualizePage;
import thaw.resnet.Network;

/** {@code thaw visualize}: writes a page of what a network's layers see. */
@Command(name = "visualize", sortOptions = false, customSynopsis = "thaw visualize [MODEL IMAGE…] [-o PAGE] [OPTIONS]",
        description = "Shows what a network's layers see, on one HTML page.",
        footer = {"", "Without arguments: Thaw's own network and images that it draws.", "",
            "Example: thaw visualize model.safetensors photos --before resnet50.pth"})
final class VisualizeCommand extends DeviceCommand {

    /** Images that the command draws, of each class. */
    private static final int DRAWN = 8;

    @Parameters(index = "0", paramLabel = "MODEL", arity = "0..1", description = "Trained model, or plain weights.")
    private @Nullable Path modelFile;

    @Parameters(index = "1..*", paramLabel = "IMAGE", arity = "0..*", description = "Files, or folders of them; hundreds show more.")
    private List<Path> given = List.of();

    @Option(names = {"-o", "--out"}, paramLabel = "PAGE", defaultValue = "layers.html", description = "The page (default: layers.html).")
    private Path page;

    @Option(names = "--before", paramLabel = "FILE", description = "Model or weights to show beside it, such as those it was trained from.")
    private @Nullable Path beforeFile;

    @Option(names = "--channels", paramLabel = "STAGE:N,N",
            description = "Channels of a stage, as in layer3:5,17; may be repeated (default:"
                    + " each stage's most active ones).")
    private List<String> chosen = List.of();

    @Option(names = "--top", paramLabel = "N", defaultValue = "6", description = "Most active channels of each stage (default: 6).")
    private int top;

    @Option(names = "--explain", paramLabel = "N", defaultValue = "4", description = "Images whose predictions are explained (default: 4).")
    private int explained;

    @Option(names = "--size", paramLabel = "PIXELS", description = "Image side (default: the model's).")
    private @Nullable Integer size;

    @Option(names = "--most", paramLabel = "N", defaultValue = "2000", description = "Images that are read, spread evenly (default: 2000).")
    private int most;

    @Mixin
    private PixelLimit limit;

    /** A network with the preparation of its images, and names of its classes. */
    private record Loaded(Network net, Transforms transforms, List<String> classes) {
    }

    @Override
    public Integer call() throws IOException {
        Failure.ifBelow("--top", top, 1);
        Failure.ifBelow("--explain", explained, 0);
        Failure.ifBelow("--most", most, 1);
        Failure.ifBelow("--size", size == null ? 1 : size, 1);
        if (modelFile != null && given.isEmpty()) {
            throw new Failure("no images: give files or folders after the model, as in thaw visualize " + modelFile + " photos");
        }
        AtomicFile.requireWritable(page);
        try (Device device = deviceOptions.open(output)) {
            Loaded now = modelFile == null ? loaded(ShippedNetwork.read(), device) : load(modelFile, device);
            Transforms transforms = size == null ? now.transforms : now.transforms.size(size);
            List<RgbImage> images = modelFile == null ? drawn() : read(transforms);
            LayerStudy study = new LayerStudy(now.net, transforms, images);
            Optional<LayerStudy> before = Optional.empty();
            if (beforeFile != null) {
                Network other = load(beforeFile, device).net;
                if (!other.name().equals(now.net.name())) {
                    throw new Failure("--before: " + beforeFile + " is a " + other.name() + ", " + modelFile + " a " + now.net.name()
                            + "; expected one architecture");
                }
                before = Optional.of(new LayerStudy(other, transforms, images));
            }
            new VisualizePage("What " + (modelFile == null ? "Thaw’s own network" : modelFile.getFileName()) + " sees", now.classes, study,
                    before, channels(study), new VisualizePage.Options(top, explained)).write(page);
        }
        output.text("written to " + page);
        output.result(OutputOptions.object().put("page", page.toString()));
        return 0;
    }

    private Loaded loaded(ModelFile model, Device device) {
        return new Loaded(model.toNet(device), model.transforms(), model.classes());
    }

    /** A model file, or plain weights, whose classes have no names unless the file states them. */
    private Loaded load(Path file, Device device) throws IOException {
        ModelFile model;
        try {
            model = ModelFile.read(file);
        } catch (IllegalArgumentException noModel) {
            Pretrained pretrained = Pretrained.read(file, null, null, null, Set.of());
            Network net = pretrained.whole(device);
            List<String> names = pretrained.config().classes();
            return new Loaded(net, pretrained.config().evaluation(Transforms.of(pretrained.config().size()
                    .orElse(Architectures.nativeSize(pretrained.architecture())))), names.size() == net.classes() ? names
                            : IntStream.range(0, net.classes()).mapToObj(c -> "class " + c).toList());
        }
        return Failure.naming(file.toString(), () -> loaded(model, device));
    }

    private static List<RgbImage> drawn() {
        SyntheticImages set = SyntheticImages.pretraining();
        int classes = set.classes().size();
        return IntStream.range(0, DRAWN * classes).mapToObj(i -> RgbImage.of(set.draw(i % classes, i, DemoImages.SIZE))).toList();
    }

    private List<RgbImage> read(Transforms transforms) {
        List<Path> files = given.stream().flatMap(path -> Files.isDirectory(path) ? ImageFiles.beneath(path).images().stream()
                : Stream.of(path)).toList();
        int count = Math.min(most, files.size());
        List<RgbImage> images = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            try {
                images.add(
                        ImageSource.of(files.get((int) ((long) i * files.size() / count))).decode(limit.maxPixels(), transforms::square));
            } catch (ImageReadException broken) {
                output.note(broken.getMessage());
            }
        }
        if (images.isEmpty()) {
            throw new Failure("no images: none of " + given + " could be read");
        }
        return images;
    }

    private Map<String, List<Integer>> channels(LayerStudy study) {
        Map<String, List<Integer>> channels = new LinkedHashMap<>();
        for (String one : chosen) {
            String[] parts = one.split(":", 2);
            if (parts.length < 2 || !parts[1].matches("\\d{1,5}(,\\d{1,5})*") || !study.stages().containsKey(parts[0])) {
                throw new Failure(
                        "--channels: expected a stage of " + study.stages().keySet() + " and numbers, as in layer3:5,17, got '" + one
                                + "'");
            }
            List<Integer> numbers = Stream.of(parts[1].split(",")).map(Integer::valueOf).toList();
            numbers.stream().filter(c -> c >= study.channels(parts[0])).findFirst().ifPresent(c -> {
                throw new Failure("--channels: " + parts[0] + " has channels 0 to " + (study.channels(parts[0]) - 1) + ", got " + c);
            });
            channels.put(parts[0], numbers);
        }
        return channels;
    }
}
