package thaw.finetune.run;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import thaw.engine.Device;
import thaw.finetune.Learner;
import thaw.finetune.Precompute;
import thaw.finetune.augment.Augmentation;
import thaw.finetune.augment.BatchMix;
import thaw.finetune.data.CsvLabels;
import thaw.finetune.data.FolderLayout;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.Split;
import thaw.finetune.images.Transforms;
import thaw.resnet.Architecture;
import thaw.resnet.Grain;
import thaw.resnet.Head;
import thaw.resnet.NetworkWeights;
import thaw.resnet.ResNet;

/** Makes what settings describe; from the same settings, the same to the bit. */
public final class RunSetup {

    private static final int COLOURS = 3;

    private RunSetup() {
    }

    /** @param augmentation null for none but the transforms', {@code mix} likewise */
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

    /** The images that settings are of. */
    public static ImageFolder images(RunSettings settings, int threads) {
        return images(settings.data(), settings.augmentation(), settings.mix(), settings.seed(), threads);
    }

    /**
     * Images in class folders, or as a table says, whose files are then looked for in the folder.
     *
     * @param folder  absolute, and {@code table} too
     * @param table   null for class folders
     * @param columns of the table
     * @param layout  of the folders
     */
    public static ImageFolder listed(Path folder, Path table, CsvLabels columns, FolderLayout layout) {
        return table == null ? ImageFolder.of(folder, layout)
                : ImageFolder.ofCsv(table, columns.folder(table.getParent().relativize(folder).toString()));
    }

    /** @param weights to begin with, but for the head's; null for random ones */
    public static ResNet network(RunSettings settings, NetworkWeights weights, Device device, int classes) {
        device.generator().seed(settings.seed());
        RunSettings.Network described = settings.network();
        return network(Architecture.byName(described.architecture()).with(Set.copyOf(described.variants())),
                described.head().equals("concat") ? Head.CONCAT_POOL : Head.LINEAR, weights, device, classes, settings.seed());
    }

    /**
     * A network for colour images; a stem for another number of channels is adapted.
     *
     * @param weights to begin with, but for the head's; null for random ones
     */
    public static ResNet network(Architecture architecture, Head head, NetworkWeights weights, Device device, int classes,
            long seed) {
        ResNet net = ResNet.of(architecture, device, classes, seed);
        if (head != Head.LINEAR) {
            net.replaceHead(head, classes);
        }
        if (weights != null) {
            net.adaptStem(weights.inputChannels()).loadPretrained(weights, false);
            net.adaptStem(COLOURS);
        }
        return net;
    }

    public static Learner learner(RunSettings settings, ResNet net, ImageFolder images) {
        Learner learner = new Learner(net, images).grain(Grain.byLabel(settings.grain())).settings(settings.fit())
                .loss(settings.objective()).precompute(Precompute.of(settings.precompute()));
        return settings.insight().isOff() ? learner : learner.insight(settings.insight());
    }
}
