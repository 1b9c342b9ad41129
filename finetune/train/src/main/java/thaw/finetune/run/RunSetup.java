package thaw.finetune.run;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import thaw.engine.Device;
import thaw.finetune.augment.Augmentation;
import thaw.finetune.augment.BatchMix;
import thaw.finetune.data.CsvLabels;
import thaw.finetune.data.FolderLayout;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.Split;
import thaw.finetune.images.Transforms;
import thaw.finetune.loss.Objective;
import thaw.finetune.metrics.Metric;
import thaw.finetune.train.Learner;
import thaw.finetune.train.Precompute;
import thaw.resnet.Architecture;
import thaw.resnet.Grain;
import thaw.resnet.Head;
import thaw.resnet.NetworkWeights;
import thaw.resnet.ResNet;

/** Builds the data, network and learner that settings describe; equal settings give equal bits. */
public final class RunSetup {

    private RunSetup() {
    }

    /**
     * Scans an image folder.
     *
     * @param augmentation null for the transforms' own
     * @param mix          null for none
     * @param threads      the number of threads that decode images
     */
    public static ImageFolder images(RunSettings.Data data, Augmentation augmentation, BatchMix mix, long seed, int threads) {
        Path table = data.labels() == null ? null : Path.of(data.labels());
        CsvLabels columns = data.delimiter() == null ? data.columns() : data.columns().delimiter(data.delimiter());
        ImageFolder images = listed(Path.of(data.path()), table, columns, data.layout())
                .transforms(Transforms.fromMap(data.transforms()))
                .split(Split.valueOf(data.split().toUpperCase(Locale.ROOT))).validFraction(data.validFraction())
                .batch(data.batch()).maxPixels(data.maxPixels()).strict(data.strict()).balanced(data.balanced()).seed(seed).threads(threads);
        images = augmentation == null ? images : images.augment(augmentation);
        return mix == null ? images : images.mix(mix);
    }

    /** Scans the image folder of the settings. */
    public static ImageFolder images(RunSettings settings, int threads) {
        return images(settings.data(), settings.augmentation(), settings.mix(), settings.seed(), threads);
    }

    /**
     * Images in class folders, or those that a table lists by their paths relative to the folder.
     *
     * @param folder  an absolute path
     * @param table   an absolute path; null for class folders
     * @param columns of the table
     * @param layout  of the class folders
     */
    public static ImageFolder listed(Path folder, Path table, CsvLabels columns, FolderLayout layout) {
        return table == null ? ImageFolder.of(folder, layout)
                : ImageFolder.ofCsv(table, columns.folder(table.getParent().relativize(folder).toString()));
    }

    /**
     * Builds a network with the settings' architecture, variants and head, and seeds the device's generator.
     *
     * @param weights the initial weights of all layers but the head; null for random initialisation
     */
    public static ResNet network(RunSettings settings, NetworkWeights weights, Device device, int classes) {
        device.generator().seed(settings.seed());
        RunSettings.Network described = settings.network();
        return network(Architecture.byName(described.architecture()).with(Set.copyOf(described.variants())),
                described.head().equals("concat") ? Head.CONCAT_POOL : Head.LINEAR, weights, device, classes, settings.seed());
    }

    /**
     * Builds a network for images with 3 channels; weights for another number of input channels are adapted.
     *
     * @param weights the initial weights of all layers but the head; null for random initialisation
     */
    public static ResNet network(Architecture architecture, Head head, NetworkWeights weights, Device device, int classes,
            long seed) {
        if (weights != null) {
            return weights.withNewHead(head, classes, device, seed);
        }
        ResNet net = ResNet.of(architecture, device, classes, seed);
        return head == Head.LINEAR ? net : net.replaceHead(head, classes);
    }

    public static Learner learner(RunSettings settings, ResNet net, ImageFolder images) {
        Learner learner = new Learner(net, images).grain(Grain.byLabel(settings.grain())).settings(settings.fit())
                .loss(settings.objective()).metrics(metrics(settings.objective(), images)).precompute(Precompute.of(settings.precompute()));
        return settings.insight().isOff() ? learner : learner.diagnostics(settings.insight());
    }

    private static List<Metric> metrics(Objective objective, ImageFolder images) {
        return objective instanceof Objective.BinaryCrossEntropy binary ? Metric.multi(binary.threshold())
                : Metric.single(images.classes().size());
    }
}
