package thaw.finetune.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The risk–coverage curve of selective classification (El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification",
 * JMLR 2010): a network answers only for images whose predicted class is more probable than a threshold; a higher one answers for fewer
 * images, with fewer mistakes among them.
 *
 * @param points by decreasing threshold, the last one with all images that are {@linkplain Predictions#isDefined defined} answered
 */
public record RiskCoverage(List<Point> points) {
    private static final int FOLDS = 5;

    /**
     * The answers at a threshold.
     *
     * @param threshold an image is answered if its predicted class is more probable: halfway to the next probability, or to 0, and so
     *                  between 0 and 1; NaN if parts of the images have one each
     * @param answered  the number of images that are answered
     * @param wrong     the number of these whose predicted class is wrong
     * @param images    the number of images
     */
    public record Point(double threshold, int answered, int wrong, int images) {
        /** The share of the images that is answered, 0 to 1. */
        public double coverage() {
            return (double) answered / images;
        }

        /** The share of the answers that is right, 0 to 1; NaN if there are none. */
        public double precision() {
            return 1 - (double) wrong / answered;
        }
    }

    /** Copies the list. */
    public RiskCoverage {
        points = List.copyOf(points);
    }

    /**
     * The curve of predictions.
     *
     * @throws IllegalArgumentException if images may show several classes
     */
    public static RiskCoverage of(Predictions predictions) {
        predictions.requireSingleLabel("the risk–coverage curve");
        return of(predictions, IntStream.range(0, predictions.size()).toArray());
    }

    private static RiskCoverage of(Predictions predictions, int[] images) {
        int[] surest = IntStream.of(images).filter(predictions::isDefined).boxed()
                .sorted((a, b) -> Double.compare(confidence(predictions, b), confidence(predictions, a)))
                .mapToInt(Integer::intValue).toArray();
        List<Point> points = new ArrayList<>();
        int wrong = 0;
        for (int i = 0; i < surest.length; i++) {
            wrong += predictions.predicted(surest[i]) == predictions.actual(surest[i]) ? 0 : 1;
            double here = confidence(predictions, surest[i]);
            double next = i + 1 < surest.length ? confidence(predictions, surest[i + 1]) : 0;
            if (next < here) {
                points.add(new Point((here + next) / 2, i + 1, wrong, images.length));
            }
        }
        return new RiskCoverage(points);
    }

    private static double confidence(Predictions predictions, int image) {
        return predictions.probability(image, predictions.predicted(image));
    }

    /**
     * The point with the most answers whose precision is reached even if one more answer is wrong: {@code (wrong + 1)/(answered + 1)} is at
     * most {@code 1 − precision}. Without the added one, new images would have more mistakes than those that the threshold was chosen on
     * (Angelopoulos et al., "Conformal Risk Control", ICLR 2024). Empty if no threshold reaches it.
     *
     * @throws IllegalArgumentException if {@code precision} is not between 0 and 1
     */
    public Optional<Point> reaching(double precision) {
        if (!(precision > 0 && precision < 1)) {
            throw new IllegalArgumentException("precision: expected a share between 0 and 1, got " + precision);
        }
        // 1 − precision is rounded: of 99 answers to 0.98, one may be wrong.
        return points.stream().filter(point -> point.wrong + 1 <= (1 - precision) * (point.answered + 1) * (1 + 1e-9))
                .reduce((fewer, more) -> more);
    }

    /**
     * The answers on images other than those that the threshold of a precision is chosen on: each fifth of the images is answered by the
     * threshold that {@linkplain #reaching reaches} it on the others.
     */
    public static Point outOfFold(Predictions predictions, double precision) {
        predictions.requireSingleLabel("the risk–coverage curve");
        int answered = 0;
        int wrong = 0;
        for (int fold = 0; fold < FOLDS; fold++) {
            int held = fold;
            double threshold = of(predictions, IntStream.range(0, predictions.size()).filter(i -> i % FOLDS != held).toArray())
                    .reaching(precision).map(Point::threshold).orElse(1.0);
            for (int i = held; i < predictions.size(); i += FOLDS) {
                if (predictions.isDefined(i) && confidence(predictions, i) > threshold) {
                    answered++;
                    wrong += predictions.predicted(i) == predictions.actual(i) ? 0 : 1;
                }
            }
        }
        return new Point(Double.NaN, answered, wrong, predictions.size());
    }
}
