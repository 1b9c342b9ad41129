package thaw.finetune.lesson;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import thaw.finetune.data.Dataset;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.Sample;
import thaw.finetune.demo.DrawnImages;
import thaw.finetune.demo.ShippedNetwork;
import thaw.finetune.images.ImageDecoder;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.synthetic.SyntheticImages;

/**
 * The subject of a lesson: a pretrained network, and targets that differ from what it was trained on.
 *
 * @param name    of the network and the images, which tells them from others
 * @param shifts  the targets, of which {@code input}, {@code output} and {@code far} are always there
 * @param growing the same targets, with up to {@link #MOST_PER_CLASS} training images a class
 */
record Subject(String name, ModelFile network, List<Shift> shifts, List<Shift> growing, Lesson.Amount amount) {

    static final int MOST_PER_CLASS = 100;
    private static final int DRAWN = 2000;
    private static final long OWN_SEED = 11;
    private static final long OTHER_SEED = 12;

    private static Subject of(String name, ModelFile network, Lesson.Amount amount, IntFunction<List<Shift>> shifts) {
        // Draws are in turns of all classes: a smaller draw is the beginning of a larger one.
        return new Subject(name, network, shifts.apply(amount.trained()), shifts.apply(DRAWN), amount);
    }

    /** Thaw's own network and synthetic images. */
    static Subject embedded(Lesson.Amount amount) {
        ModelFile network = ShippedNetwork.read();
        return of("Thaw’s own network and images", network, amount, trained -> {
            Shift.Source own = drawn(SyntheticImages.pretraining(), OWN_SEED, network, trained, amount.tested());
            Shift.Source other = drawn(SyntheticImages.demo(), OTHER_SEED, network, trained, amount.tested());
            return List.of(Shift.input(own), Shift.output(own), Shift.classes("near", "Ten other classes of synthetic images", other),
                    Shift.corruptionNames(own));
        });
    }

    /**
     * A network and images of its classes. The far target is Thaw's synthetic images.
     *
     * @param near labelled images of other classes; empty for no near target
     * @throws IllegalArgumentException if the data's classes are not the network's
     */
    static Subject of(String name, ModelFile network, ImageFolder data, Optional<ImageFolder> near, Lesson.Amount amount) {
        if (!data.classes().equals(network.classes())) {
            throw new IllegalArgumentException("lesson: expected images of the network's classes " + network.classes() + ", got "
                    + data.classes());
        }
        return of(name, network, amount, trained -> {
            Shift.Source own = folder(data, network, trained, amount.tested());
            List<Shift> shifts = new ArrayList<>(List.of(Shift.input(own), Shift.output(own)));
            near.ifPresent(other -> shifts.add(Shift.classes("near", "Photographs of " + String.join(", ", other.classes()),
                    folder(other, network, trained, amount.tested()))));
            shifts.add(Shift.classes("far", "Thaw’s synthetic images, of ten classes", drawn(SyntheticImages.demo(), OTHER_SEED, network,
                    trained, amount.tested())));
            return shifts;
        });
    }

    private static Shift.Source folder(ImageFolder folder, ModelFile network, int trained, int tested) {
        List<Sample> all = new ArrayList<>(folder.train());
        all.addAll(folder.valid());
        return new Shift.Source(new Dataset.OfFiles(all, ImageDecoder.MAX_PIXELS), folder.classes(), network.transforms(), trained, tested);
    }

    private static Shift.Source drawn(SyntheticImages set, long seed, ModelFile network, int trained, int tested) {
        return new Shift.Source(DrawnImages.of(set, seed, network.transforms().size(), DRAWN), set.classes(), network.transforms(), trained,
                tested);
    }

    /** The target of chapters with a single one: the near one if there is one. */
    Shift target() {
        return shifts.stream().filter(shift -> shift.name().equals("near")).findFirst().orElse(shifts.get(shifts.size() - 1));
    }

    /** The target's task of a draw, with a number of training images, if there are as many. */
    Shift.Task task(int draw, int trained) {
        return growing.get(shifts.indexOf(target())).tasks().apply(draw).get(0).first(trained);
    }

    /** The target's task of a draw. */
    Shift.Task task(int draw) {
        return target().tasks().apply(draw).get(0);
    }
}
