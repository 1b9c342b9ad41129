package thaw.finetune.report;

import java.util.ArrayList;
import java.util.List;
import thaw.finetune.evaluate.Interpretation;
import thaw.finetune.metrics.Predictions;

/** The images with the highest losses: prediction, truth, loss, and the regions on which the prediction rests. */
final class LossSection {

    private final Interpretation found;
    private final Predictions predictions;
    private final List<String> classes;

    LossSection(Interpretation found) {
        this.found = found;
        predictions = found.evaluation().predictions();
        classes = predictions.labels().classes();
    }

    String html() {
        StringBuilder html = new StringBuilder(
                "<h3>Highest losses</h3>\n<p class=\"quiet\">The images to whose classes the network gave the"
                        + " least probability. Check them for wrong labels first, then for common properties that the training images may"
                        + " lack. Red marks the regions that raise the named class’s score (Grad-CAM).</p>\n<div class=\"thumbnails pairs\">\n");
        List<List<String>> rows = new ArrayList<>();
        for (int image : found.highestLosses()) {
            String words = words(image);
            String loss = Numbers.compact(predictions.loss(image));
            html.append(Thumbnail.figure(images(image), words + "; loss " + loss, predictions.samples().get(image).file()));
            rows.add(List.of(Html.text(Thumbnail.shortName(predictions.samples().get(image).file())), words, loss));
        }
        return html.append("</div>\n")
                .append(Html.details("As a table", Html.table(List.of("image", "prediction and class", "loss"), rows)))
                .toString();
    }

    private String images(int image) {
        Interpretation.Explanation explained = found.explanations().get(image);
        if (explained == null) {
            return Thumbnail.image(predictions.samples().get(image).file());
        }
        return "<img alt=\"\" src=\"" + Html.dataUrl(explained.square().toBufferedImage(), "jpeg") + "\"><img alt=\"Grad-CAM of "
                + Html.text(classes.get(explained.label())) + "\" src=\""
                + Html.dataUrl(Overlay.of(explained.square(), explained.heat()), "jpeg") + "\">";
    }

    private String words(int image) {
        int label = found.explainedClass(image);
        boolean several = predictions.labels().multiLabel();
        if (label < 0) {
            return "no prediction, because the scores are not finite" + (several ? ""
                    : "; actual class <strong>" + Html.text(classes.get(predictions.actual(image))) + "</strong>");
        }
        double p = predictions.probability(image, label);
        String named = "<strong>" + Html.text(classes.get(label)) + "</strong> (" + Numbers.percent(p) + ")";
        if (several) {
            return (p > ResultSection.THRESHOLD ? "predicted: " : "not predicted: ") + named
                    + (predictions.shows(image, label) ? ", which the image shows" : ", which the image does not show");
        }
        return "predicted " + named + "; actual class <strong>" + Html.text(classes.get(predictions.actual(image))) + "</strong>";
    }
}
