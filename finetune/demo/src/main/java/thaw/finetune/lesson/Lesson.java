package thaw.finetune.lesson;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.lesson.Chapter.Answer;
import thaw.finetune.predict.ModelFile;

/** A lesson about fine-tuning: chapters, each a question that is answered by measurements on a pretrained network. */
public final class Lesson {

    private final Subject subject;
    private final List<Chapter> chapters;

    /**
     * The amount of work.
     *
     * @param trained number of training images of a draw, in the chapters that do not vary it
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
        /** Called when {@code done} of {@code all} trials are finished, of which {@code earlier} were before this process. */
        void onTrial(String chapter, int done, int all, int earlier);
    }

    private Lesson(Subject subject) {
        this.subject = subject;
        this.chapters = List.of(new ShiftsChapter(subject), new RatesChapter(subject), new TimeChapter(subject),
                new FreezeChapter(subject), new LineChapter(subject), new RestartsChapter(subject), new LayersChapter(),
                new PytorchChapter(), new TransferChapter(subject));
    }

    /** The lesson on Thaw's own network and synthetic images. */
    public static Lesson embedded(Amount amount) {
        return new Lesson(Subject.embedded(amount));
    }

    /**
     * The lesson on a network and images of its classes. The far target is Thaw's synthetic images.
     *
     * @param name    of the network and the images, which tells them from others
     * @param network with classes numbered like the data's
     * @param data    labelled images, of which some are trained on and some tested
     * @param near    labelled images of other classes; empty for no near target
     * @throws IllegalArgumentException if the classes are not the network's
     */
    public static Lesson of(String name, ModelFile network, ImageFolder data, Optional<ImageFolder> near, Amount amount) {
        return new Lesson(Subject.of(name, network, data, near, amount));
    }

    /** The questions by the names of their chapters, in order. */
    public Map<String, String> questions() {
        Map<String, String> questions = new LinkedHashMap<>();
        chapters.forEach(chapter -> questions.put(chapter.name(), chapter.question()));
        return questions;
    }

    /**
     * Runs what {@code file} does not hold yet.
     *
     * @param names    of the chapters to run
     * @param file     receives each measurement when it is made
     * @param threads  number of networks that are trained at a time
     * @throws IOException              if the file cannot be read or written
     * @throws IllegalArgumentException if it holds measurements of other settings
     */
    public LessonPage run(List<String> names, Path file, int threads, Listener listener) throws IOException {
        List<Chapter> chosen = chapters.stream().filter(chapter -> names.contains(chapter.name())).toList();
        Map<Chapter, Answer> answers = new LinkedHashMap<>();
        try (Lab lab = new Lab(Measurements.open(file, settings()), threads, chosen.stream().mapToInt(Chapter::trials).sum(), listener)) {
            for (Chapter chapter : chosen) {
                lab.begin(chapter.name());
                answers.put(chapter, chapter.answer(lab));
            }
        }
        return new LessonPage(subject, answers);
    }

    private Map<String, String> settings() {
        Amount amount = subject.amount();
        // Not the number of draws: more of them go on from fewer.
        return Map.of("network", subject.name(), "amount", amount.trained + " images, " + amount.epochs + " epochs, tested on "
                + amount.tested);
    }
}
