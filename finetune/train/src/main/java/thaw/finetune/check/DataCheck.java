package thaw.finetune.check;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.DoublePredicate;
import java.util.function.IntConsumer;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import thaw.engine.Device;
import thaw.finetune.check.Finding.Kind;
import thaw.finetune.check.Finding.Place;
import thaw.finetune.data.Csv;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.Sample;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.metrics.Predictions;
import thaw.finetune.predict.LabelSet;
import thaw.finetune.train.ConfidentLearning;
import thaw.resnet.Network;

/**
 * A check of a data set before training: labels that are probably wrong ({@link ConfidentLearning}), copies, images that are unfit, and
 * classes with few images. Each image is decoded once; what remains of it are its features and a kibibyte. Nothing is changed.
 *
 * <p>Of copies, the first is no finding; the others name one that comes before them, a training image if there is one.
 *
 * @param images   the number of images by part, {@code train} and {@code valid}, or {@code all} if the data set is not divided
 * @param classes  the number of images by class, by part
 * @param accuracy of the predictions by which labels are judged, each of an image that the classifier was not fitted to; empty if labels
 *                 are not judged, because images may show several classes, all show one, or fewer than ten can be read
 * @param findings by kind, in the order of {@link Kind}, the worst of a kind first
 */
public record DataCheck(Map<String, Integer> images, Map<String, Map<String, Integer>> classes, OptionalDouble accuracy,
        List<Finding> findings) {

    private static final int LEAST_IMAGES = 10;
    /** The ranking of labels goes on to this share of the images, if their labels are less probable than other classes. */
    private static final double RANKED = 0.1;
    /** The least sharp photograph of dogs and cats has 0.0051; blurred by a 64th of the short side, 95 % of them have less than 0.0039. */
    private static final double LEAST_SHARPNESS = 0.004;
    /** The darkest of these photographs has 0.39. */
    private static final double LEAST_BRIGHTNESS = 0.25;
    /** The least short side, as a share of the median. */
    private static final double LEAST_SIZE = 0.25;
    /** The greatest ratio of the sides, as a multiple of the median. */
    private static final double MOST_LENGTH = 2;
    /** The least number of images of a class, as a share of the largest class's. */
    private static final double LEAST_SHARE = 0.25;

    private static final List<String> COLUMNS = List.of("file", "part", "kind", "score", "label", "suggested_label", "other_file",
            "other_part", "other_label", "reason");

    /** Copies the collections, in their order. */
    public DataCheck {
        images = Collections.unmodifiableMap(new LinkedHashMap<>(images));
        classes = Collections.unmodifiableMap(new LinkedHashMap<>(classes));
        findings = List.copyOf(findings);
    }

    /**
     * Checks the training and validation images of a folder, or all images if it is not divided: those that would be held out are drawn
     * anew by another seed.
     *
     * @param net      whose body gives the features; afterwards its modes are as before
     * @param progress called after each batch with the number of images done
     */
    public static DataCheck of(Network net, ImageFolder data, IntConsumer progress) {
        ImagePass pass = ImagePass.of(net, data, progress);
        List<Finding> findings = new ArrayList<>();
        addCopies(pass, net.device(), findings);
        OptionalDouble accuracy = addLabels(pass, data.labels(), findings);
        data.unreadable().forEach(broken -> pass.broken.put(new Place(broken.file(), "", List.of()), broken.reason()));
        pass.broken.forEach((image, reason) -> findings.add(finding(Kind.UNREADABLE, image, 0, without(image.file() + ": ", reason))));
        addUnfit(pass, findings);
        Map<String, Map<String, Integer>> classes = new LinkedHashMap<>();
        for (String name : data.classes()) {
            Map<String, Integer> counts = new LinkedHashMap<>();
            pass.images.keySet().forEach(part -> counts.put(part, 0));
            classes.put(name, counts);
        }
        pass.places.forEach(place -> place.classes().forEach(name -> classes.get(name).merge(place.part(), 1, Integer::sum)));
        addImbalance(classes, findings);
        return new DataCheck(pass.images, classes, accuracy, findings);
    }

    private static String without(String prefix, String text) {
        return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
    }

    private static Finding finding(Kind kind, Place image, double score, String reason) {
        return new Finding(kind, image, score, Optional.empty(), Optional.empty(), reason);
    }

    private static OptionalDouble addLabels(ImagePass pass, LabelSet labels, List<Finding> findings) {
        List<Integer> judged = pass.features.keySet().stream().sorted().toList();
        List<Sample> samples = judged.stream().map(pass.samples::get).toList();
        if (labels.multiLabel() || judged.size() < LEAST_IMAGES || samples.stream().map(Sample::label).distinct().count() < 2) {
            return OptionalDouble.empty();
        }
        ConfidentLearning learning = ConfidentLearning.of(labels, samples, judged.stream().map(pass.features::get).toList());
        Predictions predictions = learning.predictions();
        List<Integer> ranking = learning.ranking();
        for (int rank = 0; rank < ranking.size(); rank++) {
            int image = ranking.get(rank);
            boolean wrong = learning.isWrong(image);
            if (!wrong && rank >= RANKED * predictions.size()) {
                break;
            }
            double given = predictions.probability(image, predictions.actual(image));
            int predicted = predictions.predicted(image);
            findings.add(new Finding(wrong ? Kind.WRONG_LABEL : Kind.DOUBTFUL_LABEL, pass.places.get(judged.get(image)), given,
                    Optional.of(labels.classes().get(predicted)), Optional.empty(), String.format(Locale.ROOT,
                            "%.0f %% %s, %.0f %% %s", 100 * predictions.probability(image, predicted),
                            labels.classes().get(predicted), 100 * given, labels.classes().get(predictions.actual(image)))));
        }
        return OptionalDouble.of(Evaluation.of(predictions, 0).accuracy());
    }

    private static void addCopies(ImagePass pass, Device device, List<Finding> findings) {
        // A leak is the copy to know of, if an image has several.
        Predicate<Copies.Pair> leak = pair -> !pass.places.get(pair.first()).part().equals(pass.places.get(pair.second()).part());
        Map<Integer, Copies.Pair> ofImage = new TreeMap<>();
        Copies.find(pass.traits, device).forEach(pair -> ofImage.merge(pair.second(), pair, BinaryOperator.maxBy(
                Comparator.comparing(leak::test).thenComparingDouble(Copies.Pair::correlation))));
        // The copy of a leak is one too.
        ofImage.replaceAll((image, pair) -> {
            Copies.Pair before = ofImage.get(pair.first());
            return before != null && leak.test(before) && !leak.test(pair)
                    ? new Copies.Pair(before.first(), image, Math.min(before.correlation(), pair.correlation())) : pair;
        });
        List<Finding> copies = new ArrayList<>();
        ofImage.forEach((image, pair) -> {
            boolean equal = pair.correlation() == 1;
            copies.add(new Finding(equal ? Kind.EXACT_COPY : Kind.NEAR_COPY, pass.places.get(image), pair.correlation(), Optional.empty(),
                    Optional.of(pass.places.get(pair.first())),
                    equal ? "the same pixels" : String.format(Locale.ROOT, "correlation %.3f", pair.correlation())));
        });
        copies.sort(Comparator.comparing(Finding::kind).thenComparing(copy -> !copy.isLeak()).thenComparing(copy -> !copy.isConflict())
                .thenComparing(Comparator.comparingDouble(Finding::score).reversed()));
        findings.addAll(copies);
    }

    private static void addUnfit(ImagePass pass, List<Finding> findings) {
        double size = median(pass, ImageTraits::shortSide);
        double length = median(pass, ImageTraits::ratio);
        add(pass, Kind.BLURRED, ImageTraits::sharpness, score -> score < LEAST_SHARPNESS, findings);
        add(pass, Kind.DARK, ImageTraits::brightness, score -> score < LEAST_BRIGHTNESS, findings);
        add(pass, Kind.TINY, ImageTraits::shortSide, score -> score < LEAST_SIZE * size, findings);
        List<Finding> odd = new ArrayList<>();
        add(pass, Kind.ODD_SHAPE, ImageTraits::ratio, score -> score > MOST_LENGTH * length, odd);
        Collections.reverse(odd);
        findings.addAll(odd);
    }

    private static double median(ImagePass pass, ToDoubleFunction<ImageTraits> of) {
        double[] sorted = Arrays.stream(pass.traits).filter(Objects::nonNull).mapToDouble(of).sorted().toArray();
        return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
    }

    /** Adds the images that a test finds unfit, the lowest score first. */
    private static void add(ImagePass pass, Kind kind, ToDoubleFunction<ImageTraits> score, DoublePredicate unfit,
            List<Finding> findings) {
        IntStream.range(0, pass.traits.length).filter(i -> pass.traits[i] != null && unfit.test(score.applyAsDouble(pass.traits[i])))
                .boxed().sorted(Comparator.comparingDouble(i -> score.applyAsDouble(pass.traits[i])))
                .forEach(i -> findings.add(finding(kind, pass.places.get(i), score.applyAsDouble(pass.traits[i]),
                        reason(kind, pass.traits[i]))));
    }

    private static String reason(Kind kind, ImageTraits traits) {
        return switch (kind) {
            case BLURRED -> String.format(Locale.ROOT, "sharpness %.2g", traits.sharpness());
            case DARK -> String.format(Locale.ROOT, "95 %% of the pixels have at most %.0f %% of white", 100 * traits.brightness());
            default -> traits.width() + " x " + traits.height() + " pixels";
        };
    }

    private static void addImbalance(Map<String, Map<String, Integer>> classes, List<Finding> findings) {
        Map<String, Integer> sums = new LinkedHashMap<>();
        classes.forEach((name, counts) -> sums.put(name, counts.values().stream().mapToInt(Integer::intValue).sum()));
        int most = Collections.max(sums.values());
        sums.entrySet().stream().filter(one -> one.getValue() < LEAST_SHARE * most).sorted(Map.Entry.comparingByValue())
                .forEach(one -> findings.add(finding(Kind.IMBALANCE, new Place(Path.of(""), "", List.of(one.getKey())),
                        (double) one.getValue() / most,
                        one.getValue() + (one.getValue() == 1 ? " image" : " images") + ", the largest class has " + most)));
    }

    /** The findings of a kind, the worst first. */
    public List<Finding> of(Kind kind) {
        return findings.stream().filter(finding -> finding.kind() == kind).toList();
    }

    /** The copies in one part of images of another: the accuracy on them is partly memory. */
    public List<Finding> leaks() {
        return findings.stream().filter(Finding::isLeak).toList();
    }

    /** The copies whose labels are not those of the image that they copy: one of the two is wrong. */
    public List<Finding> conflicts() {
        return findings.stream().filter(Finding::isConflict).toList();
    }

    /**
     * Writes a CSV table with a record for each finding. Several classes are separated by {@code ;}. An existing file is replaced
     * atomically.
     *
     * @throws IOException if writing fails
     */
    public void writeCsv(Path file) throws IOException {
        List<List<String>> table = new ArrayList<>(List.of(COLUMNS));
        for (Finding finding : findings) {
            Place image = finding.image();
            Optional<Place> other = finding.other();
            table.add(List.of(image.file().toString(), image.part(), finding.kind().label(), Double.toString(finding.score()),
                    String.join(";", image.classes()), finding.suggested().orElse(""),
                    other.map(one -> one.file().toString()).orElse(""), other.map(Place::part).orElse(""),
                    other.map(one -> String.join(";", one.classes())).orElse(""), finding.reason()));
        }
        Csv.write(file, table);
    }
}
