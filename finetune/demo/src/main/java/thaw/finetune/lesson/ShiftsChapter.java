package thaw.finetune.lesson;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import thaw.finetune.data.Dataset;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.Sample;
import thaw.finetune.demo.DrawnImages;
import thaw.finetune.demo.ShippedNetwork;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.synthetic.SyntheticImages;

/**
 * The lesson's chapter “Why do early layers get a small rate?”: ten ways to train a network on targets that differ from its origin in
 * their images, in their labels, in near classes and in far ones (after Lee et al. 2023, "Surgical fine-tuning improves adaptation to
 * distribution shifts").
 */
public final class ShiftsChapter {

    /** The file in Thaw's sources that does what the chapter tells. */
    static final String SOURCE = "finetune/demo/src/main/java/thaw/finetune/lesson/ShiftExperiment.java";
    private static final int DRAWN = 2000;
    private static final long OWN_SEED = 11;
    private static final long OTHER_SEED = 12;

    private final ModelFile network;
    private final List<Shift> shifts;
    private final Amount amount;
    private final Map<String, String> settings;

    /**
     * The amount of work.
     *
     * @param trained number of training images of a draw
     * @param tested  number of test images
     * @param epochs  of each training
     * @param draws   of training images, 1 to 20
     */
    public record Amount(int trained, int tested, int epochs, int draws) {
        /** @throws IllegalArgumentException if a number is out of range */
        public Amount {
            if (trained < 2 || tested < 10 || epochs < 1 || draws < 1 || draws > 20) {
                throw new IllegalArgumentException("lesson: expected at least 2 training images, 10 test images and 1 epoch, and 1 to 20"
                        + " draws, got " + trained + ", " + tested + ", " + epochs + " and " + draws);
            }
        }
    }

    /** Is told of progress, by one thread. */
    public interface Listener {
        /** Called when {@code done} of {@code all} trainings are finished, of which {@code earlier} were before this process. */
        void onTraining(int done, int all, int earlier);
    }

    private ShiftsChapter(ModelFile network, List<Shift> shifts, Amount amount, Map<String, String> settings) {
        this.network = network;
        this.shifts = shifts;
        this.amount = amount;
        this.settings = settings;
    }

    /** The chapter on Thaw's own network and synthetic images. */
    public static ShiftsChapter embedded(Amount amount) {
        ModelFile network = ShippedNetwork.read();
        Shift.Source own = drawn(SyntheticImages.pretraining(), OWN_SEED, network, amount);
        Shift.Source other = drawn(SyntheticImages.demo(), OTHER_SEED, network, amount);
        return new ShiftsChapter(network, List.of(Shift.input(own), Shift.output(own),
                Shift.classes("near", "Ten other classes of synthetic images", other), Shift.corruptionNames(own)), amount,
                settings("Thaw’s own network and images", amount));
    }

    /**
     * The chapter on a network and images of its classes. The far target is Thaw's synthetic images.
     *
     * @param name    of the network and the images, which tells them from others
     * @param network with classes numbered like the data's
     * @param data    labelled images, of which some are trained on and some tested
     * @param near    labelled images of other classes; empty for no near target
     * @throws IllegalArgumentException if the classes are not the network's
     */
    public static ShiftsChapter of(String name, ModelFile network, ImageFolder data, Optional<ImageFolder> near, Amount amount) {
        if (!data.classes().equals(network.classes())) {
            throw new IllegalArgumentException("lesson: expected images of the network's classes " + network.classes() + ", got "
                    + data.classes());
        }
        Shift.Source own = folder(data, network, amount);
        List<Shift> shifts = new ArrayList<>(List.of(Shift.input(own), Shift.output(own)));
        near.ifPresent(other -> shifts.add(Shift.classes("near", "Photographs of " + String.join(", ", other.classes()),
                folder(other, network, amount))));
        shifts.add(Shift.classes("far", "Thaw’s synthetic images, of ten classes", drawn(SyntheticImages.demo(), OTHER_SEED, network,
                amount)));
        return new ShiftsChapter(network, shifts, amount, settings(name, amount));
    }

    private static Map<String, String> settings(String name, Amount amount) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("chapter", "shifts");
        settings.put("network", name);
        // Not the number of draws: more of them go on from fewer.
        settings.put("amount", amount.trained + " images, " + amount.epochs + " epochs, tested on " + amount.tested);
        return settings;
    }

    private static Shift.Source folder(ImageFolder folder, ModelFile network, Amount amount) {
        List<Sample> all = new ArrayList<>(folder.train());
        all.addAll(folder.valid());
        return new Shift.Source(new Dataset.OfFiles(all, ImageDecoder.MAX_PIXELS), folder.classes(), network.transforms(),
                amount.trained, amount.tested);
    }

    private static Shift.Source drawn(SyntheticImages set, long seed, ModelFile network, Amount amount) {
        return new Shift.Source(DrawnImages.of(set, seed, network.transforms().size(), DRAWN), set.classes(), network.transforms(),
                amount.trained, amount.tested);
    }

    /**
     * Runs what {@code file} does not hold yet.
     *
     * @param file    receives each measurement when it is made
     * @param threads number of networks that are trained at a time
     * @throws IOException              if the file cannot be read or written
     * @throws IllegalArgumentException if it holds measurements of other settings
     */
    public ShiftsPage run(Path file, int threads, Listener listener) throws IOException {
        return new ShiftsPage(amount, new ShiftExperiment(network, shifts, amount.epochs, amount.draws, Measurements.open(file, settings),
                listener).run(threads));
    }
}
