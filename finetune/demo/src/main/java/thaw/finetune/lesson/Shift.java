package thaw.finetune.lesson;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import thaw.finetune.augment.Corruption;
import thaw.finetune.augment.Corruption.Kind;
import thaw.finetune.data.Dataset;
import thaw.finetune.images.Transforms;

/**
 * A shift: a way in which a target task differs from the task that a network was trained on.
 *
 * @param name  one word
 * @param made  how it is made, for readers
 * @param tasks the tasks of a draw, which are made once; the result of a draw is their mean
 */
record Shift(String name, String made, IntFunction<List<Task>> tasks) {

    private static final int WORST = 5;
    private static final long CORRUPTION_SEED = 1000;
    /** Those of CIFAR-10-C that are drawn here, without speckle noise, which is like Gaussian noise. */
    private static final List<Kind> KINDS = Stream.of(Kind.values()).filter(kind -> kind != Kind.SPECKLE_NOISE).toList();
    private static final int KINDS_PER_DRAW = 2;

    /** Keeps the tasks of each draw. */
    Shift {
        Map<Integer, List<Task>> kept = new ConcurrentHashMap<>();
        IntFunction<List<Task>> make = tasks;
        tasks = draw -> kept.computeIfAbsent(draw, make::apply);
    }

    /**
     * A task: images to train on, images to test on, and the classes of both.
     *
     * @param newHead whether the classes are not the network's, so that it needs a new head
     */
    record Task(LessonImages train, LessonImages test, List<String> classes, boolean newHead) {

        /** The task with fewer training images. */
        Task first(int trained) {
            return new Task(train.first(Math.min(trained, train.length())), test, classes, newHead);
        }

        private Task withNewHead() {
            return new Task(train, test, classes, true);
        }
    }

    /**
     * The images of a task before a shift. Test images are the same in all draws.
     *
     * @param trained number of training images of a draw
     * @param tested  number of test images
     */
    record Source(Dataset data, List<String> classes, Transforms transforms, int trained, int tested) {

        Task draw(int draw) {
            List<Integer> all = LessonImages.balanced(data, IntStream.range(0, data.length()).boxed().toList(), 0);
            int test = Math.min(tested, data.length() / 2);
            List<Integer> pool = all.subList(test, all.size());
            List<Integer> train = LessonImages.balanced(data, pool, draw).subList(0, Math.min(trained, pool.size()));
            return new Task(LessonImages.of(data, train, transforms), LessonImages.of(data, all.subList(0, test), transforms), classes,
                    false);
        }
    }

    /** Corruptions of the highest severity; each draw has two of the ten kinds. Draw 0, on which rates are chosen, has two as well. */
    static Shift input(Source own) {
        return new Shift("input", "The network’s own classes; images with corruptions of severity 5 after CIFAR-10-C, two kinds in each"
                + " draw: " + String.join(", ", KINDS.stream().map(Kind::label).toList()), draw -> {
                    Task clean = own.draw(draw);
                    return IntStream.range(0, KINDS_PER_DRAW).mapToObj(i -> {
                        // Draws 1, 2, … take the kinds in turn; draw 0 takes noise and contrast.
                        Kind kind = draw == 0 ? List.of(Kind.GAUSSIAN_NOISE, Kind.CONTRAST).get(i)
                                : KINDS.get((KINDS_PER_DRAW * (draw - 1) + i) % KINDS.size());
                        Corruption corruption = new Corruption(kind, WORST);
                        return new Task(clean.train.corrupted(place -> corruption, draw),
                                clean.test.corrupted(place -> corruption, CORRUPTION_SEED), clean.classes, false);
                    }).toList();
                });
    }

    /** The labels in reverse: of C classes, y becomes C − 1 − y. */
    static Shift output(Source own) {
        int last = own.classes.size() - 1;
        return new Shift("output", "The network’s own images; label y becomes " + last + " − y", draw -> {
            Task task = own.draw(draw);
            return List.of(new Task(reversed(task.train, last), reversed(task.test, last), task.classes, false));
        });
    }

    private static LessonImages reversed(LessonImages images, int last) {
        return images.labelled(i -> last - images.sample(i).label());
    }

    /** Other classes, in images as they are. */
    static Shift classes(String name, String made, Source other) {
        return new Shift(name, made, draw -> List.of(other.draw(draw).withNewHead()));
    }

    /** The network's own images, each with one of ten corruptions, which is to be named. */
    static Shift corruptionNames(Source own) {
        List<String> names = KINDS.stream().map(Kind::label).toList();
        return new Shift("far", "Which of " + KINDS.size() + " corruptions an image has, whatever it shows", draw -> {
            Task clean = own.draw(draw);
            return List.of(new Task(marked(clean.train, draw), marked(clean.test, CORRUPTION_SEED), names, true));
        });
    }

    private static LessonImages marked(LessonImages clean, long seed) {
        return clean.corrupted(i -> new Corruption(KINDS.get(i % KINDS.size()), WORST), seed).labelled(i -> i % KINDS.size());
    }
}
