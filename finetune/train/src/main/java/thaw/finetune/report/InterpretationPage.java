package thaw.finetune.report;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import thaw.finetune.data.Sample;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.evaluate.Interpretation;
import thaw.finetune.metrics.Metric;
import thaw.finetune.metrics.Novelty;
import thaw.finetune.predict.SimilarImages;

/**
 * A page of an {@link Interpretation}, without scripts.
 *
 * @param title such as the model's name
 * @param novelty of the images and of others; empty if the model has no known images
 * @param like  image files to which the most similar images are shown, with their features
 */
public record InterpretationPage(String title, Interpretation found, Optional<Novelty> novelty, Map<Path, float[]> like) implements Page {

    private static final int NEAREST = 8;

    /** Copies the map, in its order. */
    public InterpretationPage {
        like = Collections.unmodifiableMap(new LinkedHashMap<>(like));
    }

    @Override
    public String html() {
        StringBuilder html = new StringBuilder(lead(found.evaluation()));
        like.forEach((file, features) -> html.append(Html.section("Images like " + file.getFileName(), neighbours(file, features))));
        return Html.page(title, "",
                html.append(Html.section("Results", new ResultSection(found, Optional.empty(), novelty).html())).toString());
    }

    /** The share of correct predictions. */
    static String correct(Evaluation evaluation, String images) {
        return "<strong>" + Numbers.percent(evaluation.accuracy()) + "</strong> correct: " + Numbers.grouped(evaluation.correct()) + " of "
                + Numbers.grouped(evaluation.total()) + (evaluation.predictions().labels().multiLabel()
                        ? " decisions about " + Numbers.grouped(evaluation.predictions().size()) : "")
                + " " + images + ". ";
    }

    private static String lead(Evaluation evaluation) {
        List<Metric> metrics = evaluation.predictions().labels().multiLabel() ? Metric.multi(ResultSection.THRESHOLD)
                : List.of(Metric.F1, Metric.KAPPA);
        return "<p class=\"lead\">" + correct(evaluation, "images") + "Loss " + Numbers.compact(evaluation.loss()) + metrics.stream()
                .map(metric -> ", " + metric.name().replace('_', ' ') + " " + Numbers.compact(metric.of(evaluation.predictions())))
                .collect(Collectors.joining()) + ".</p>\n";
    }

    private String neighbours(Path file, float[] features) {
        StringBuilder html = new StringBuilder(
                "<p class=\"quiet\">The images whose features, the input of the last layer, have the smallest"
                        + " angle to this image’s; the number is its cosine.</p>\n<div class=\"thumbnails\">\n")
                .append(Thumbnail.figure(Thumbnail.image(file), "<strong>the given image</strong>", file));
        Map<Integer, float[]> all = found.evaluation().features();
        for (SimilarImages.Match<Integer> near : new SimilarImages<>(List.copyOf(all.keySet()), List.copyOf(all.values()))
                .nearest(features, NEAREST)) {
            Sample other = found.evaluation().predictions().samples().get(near.image());
            String classes = String.join(", ", found.evaluation().predictions().labels().names(other.labels()));
            html.append(Thumbnail.figure(Thumbnail.image(other.file()), "<strong>" + Html.text(classes) + "</strong>, "
                    + Numbers.compact(near.cosine()), other.file()));
        }
        return html.append("</div>\n").toString();
    }
}
