package thaw.finetune.visualize;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import thaw.engine.ReluRule;
import thaw.finetune.images.RgbImage;
import thaw.finetune.report.Html;
import thaw.finetune.report.Numbers;
import thaw.finetune.report.Overlay;
import thaw.finetune.report.Page;
import thaw.resnet.ReceptiveField;
import thaw.resnet.visualize.Heatmap;
import thaw.resnet.visualize.Projection;

/**
 * A page of a {@link LayerStudy}: filters, channels with the images that excite them and their projections to pixels,
 * explanations of single predictions, and optionally another network beside it.
 *
 * @param title    such as the model's name
 * @param classes  the classes' names, in the order of the scores
 * @param before   a network of the same architecture, such as the pretrained one, run on the same images; or empty
 * @param channels the channels to show by stage; stages that are missing show their most active ones
 * @param options  how much is shown
 */
public record VisualizePage(String title, List<String> classes, LayerStudy study, Optional<LayerStudy> before,
        Map<String, List<Integer>> channels, Options options) implements Page {

    private static final int SMALL = 64;
    private static final int FILTER_COLUMNS = 16;

    /**
     * How much is shown.
     *
     * @param channels of each stage
     * @param images   whose predictions are explained, the first ones
     */
    public record Options(int channels, int images) {

        /** @throws IllegalArgumentException if a number is negative */
        public Options {
            if (channels < 0 || images < 0) {
                throw new IllegalArgumentException("visualize: expected numbers of channels and images of at least 0, got " + channels
                        + " and " + images);
            }
        }
    }

    @Override
    public String html() {
        StringBuilder body = new StringBuilder("<p class=\"lead\">").append(study.images().size()).append(" images; ")
                .append(study.stages().entrySet().stream()
                        .map(stage -> "one value of " + stage.getKey() + " sees " + stage.getValue().size()
                                + " × " + stage.getValue().size() + " pixels")
                        .collect(Collectors.joining(", ")))
                .append(".</p>\n");
        body.append(Html.section("First filters", filters()));
        before.ifPresent(other -> body.append(Html.section("Before and after", change(other))));
        body.append("<p>For each channel below, from the left: the nine image patches that excite it most, each as large as the channel’s"
                + " receptive field; the projection of that excitation back to pixels by a deconvnet (Zeiler and Fergus 2014); and by guided"
                + " backpropagation, which follows only pixels that the image has. Beneath: the classes predicted for the nine.</p>\n");
        study.stages().forEach((stage, field) -> body.append(Html.section(stage, stage(stage, field))));
        if (options.images() > 0) {
            body.append(Html.section("Single predictions", predictions()));
            body.append(Html.section("Feature maps and receptive fields of the first image", maps()));
        }
        return Html.page(title, Html.resource(VisualizePage.class, "visualize.css"), body.toString());
    }

    private String filters() {
        String now = Html.figure("Weights of the first convolution", picture(filters(study), "filters"),
                "Each square is one filter, from its most"
                        + " negative weight to its most positive; grey is 0. After training on many images they are usually edges and colours.");
        return "<div class=\"charts\">" + before.map(other -> Html.figure("Before", picture(filters(other), "filters before"),
                "The same filters of the other network.")).orElse("") + now + "</div>\n";
    }

    private static BufferedImage filters(LayerStudy of) {
        int[] shape = of.filters().shape().toArray();
        float[] weights = of.filters().toFloats();
        Mosaic mosaic = new Mosaic(Math.min(FILTER_COLUMNS, shape[0]));
        int plane = shape[2] * shape[3];
        for (int k = 0; k < shape[0] && shape[1] == 3; k++) {
            mosaic.add(Mosaic.around(weights, k * 3 * plane, plane, shape[3], shape[3], shape[2]));
        }
        return mosaic.draw();
    }

    private String change(LayerStudy other) {
        double[][] cka = other.similarity(study);
        List<String> names = List.copyOf(study.stages().keySet());
        List<List<String>> rows = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            List<String> row = new ArrayList<>(List.of(names.get(i), Numbers.percent(study.moved(names.get(i), other)),
                    other.dead(names.get(i)) + " → " + study.dead(names.get(i)) + " of " + study.channels(names.get(i))));
            for (int j = 0; j < names.size(); j++) {
                row.add("<span class=\"cell\" style=\"--h:222;--a:" + format(Math.max(0, cka[i][j])) + "\">" + format(cka[i][j])
                        + "</span>");
            }
            rows.add(row);
        }
        List<String> header = new ArrayList<>(List.of("stage", "filters moved by", "dead channels"));
        names.forEach(name -> header.add("CKA with " + name + " after"));
        String most = names.stream().max((a, b) -> Double.compare(study.moved(a, other), study.moved(b, other))).orElse("");
        return Html.table(header, rows) + "<p class=\"quiet\">Filters moved by ‖w − w₀‖ / ‖w₀‖, mean over a stage’s filters: most in "
                + Html.text(most) + ". A channel is dead if no image excites it. CKA (Kornblith et al. 2019) compares each stage before, a"
                + " row, with each stage after for the same images: 1 if the features are equal up to rotation and scale.</p>\n";
    }

    private String stage(String stage, ReceptiveField field) {
        int dead = study.dead(stage);
        StringBuilder html = new StringBuilder("<p>").append(dead).append(" of ").append(study.channels(stage))
                .append(dead == 1 ? " channels is dead: no image excites it" : " channels are dead: no image excites them")
                .append(".</p>\n<div class=\"channels\">\n");
        List<List<String>> rows = new ArrayList<>();
        for (int channel : channels.getOrDefault(stage, study.mostActive(stage, options.channels()))) {
            String excites = classesOf(study.strongest(stage, channel));
            html.append(Html.figure(stage + ", channel " + channel, channel(study, stage, field, channel)
                    + before.map(other -> "<p class=\"quiet\">Before:</p>" + channel(other, stage, field, channel)).orElse(""), excites));
            rows.add(List.of(String.valueOf(channel), excites, study.strongest(stage, channel).stream()
                    .map(image -> format(study.activation(stage, image, channel))).collect(Collectors.joining(", "))));
        }
        return html.append("</div>\n").append(Html.details("As a table",
                Html.table(List.of("channel", "predicted as", "strongest activations"), rows))).toString();
    }

    private String channel(LayerStudy of, String stage, ReceptiveField field, int channel) {
        List<Integer> strongest = of.strongest(stage, channel);
        if (strongest.isEmpty()) {
            return "<p class=\"quiet\">dead</p>";
        }
        Mosaic patches = new Mosaic(3);
        Mosaic deconvnet = new Mosaic(3);
        Mosaic guided = new Mosaic(3);
        for (int image : strongest) {
            RgbImage square = of.images().get(image);
            Projection.Result projected = of.project(stage, image, channel, ReluRule.DECONVNET);
            Patch patch = Patch.of(square.width(), field, projected.row(), projected.column());
            patches.add(square.crop(patch.left(), patch.top(), patch.width(), patch.height()).toBufferedImage());
            deconvnet.add(patch.of(projected.pixels(), square.width()));
            guided.add(patch.of(of.project(stage, image, channel, ReluRule.GUIDED).pixels(), square.width()));
        }
        String alt = stage + ", channel " + channel + ": ";
        return "<div class=\"three\">" + picture(patches.draw(), alt + "image patches") + picture(deconvnet.draw(), alt + "deconvnet")
                + picture(guided.draw(), alt + "guided backpropagation") + "</div>";
    }

    /** A receptive field's part inside the image. */
    private record Patch(int left, int top, int width, int height) {

        static Patch of(int side, ReceptiveField field, int row, int column) {
            int left = Math.max(0, column * field.stride() - field.size() / 2);
            int top = Math.max(0, row * field.stride() - field.size() / 2);
            int right = Math.min(side, column * field.stride() + (field.size() + 1) / 2);
            int bottom = Math.min(side, row * field.stride() + (field.size() + 1) / 2);
            return new Patch(left, top, right - left, bottom - top);
        }

        BufferedImage of(float[] pixels, int side) {
            return Mosaic.around(pixels, top * side + left, side * side, side, width, height);
        }
    }

    private String classesOf(List<Integer> images) {
        Map<String, Long> counts = images.stream().collect(Collectors.groupingBy(image -> classes.get(study.predicted(image)),
                LinkedHashMap::new, Collectors.counting()));
        return counts.entrySet().stream().sorted((a, b) -> Long.compare(b.getValue(), a.getValue()))
                .map(e -> Html.text(e.getKey()) + " " + e.getValue()).collect(Collectors.joining(", "));
    }

    private String predictions() {
        StringBuilder html = new StringBuilder("<div class=\"charts\">\n");
        int side = study.images().get(0).width();
        for (int image = 0; image < Math.min(options.images(), study.images().size()); image++) {
            RgbImage square = study.images().get(image);
            Heatmap occlusion = study.occlusion(image);
            String name = "image " + (image + 1) + ": ";
            html.append(
                    Html.figure(
                            classes.get(study.predicted(image)) + ", " + Numbers.percent(study.probability(image)), "<div class=\"four\">"
                                    + picture(square.toBufferedImage(), name + "the image")
                                    + picture(Overlay.of(square, study.gradCam(image)), name + "Grad-CAM")
                                    + picture(Overlay.of(square, occlusion), name + "occlusion sensitivity")
                                    + picture(Mosaic.around(study.guided(image), 0, side * side, side, side, side),
                                            name + "guided backpropagation")
                                    + "</div>",
                            "A grey square over the darkest red region lowers the probability by "
                                    + String.format(Locale.ROOT, "%.1f", 100 * max(occlusion.values())) + " points."));
        }
        return html.append("</div>\n<p class=\"quiet\">From the left: the image; Grad-CAM, the regions that raise the class’s score"
                + " (Selvaraju et al. 2017); occlusion, the loss of probability when a grey square covers the region, blue where it rises"
                + " (Zeiler and Fergus 2014); guided backpropagation (Springenberg et al. 2015).</p>\n").toString();
    }

    private static float max(float[] values) {
        float most = values[0];
        for (float value : values) {
            most = Math.max(most, value);
        }
        return most;
    }

    private String maps() {
        RgbImage first = study.images().get(0);
        StringBuilder html = new StringBuilder(fields(first));
        study.stages().keySet().forEach(stage -> {
            List<Heatmap> maps = study.maps(stage, 0);
            Mosaic mosaic = new Mosaic(FILTER_COLUMNS);
            maps.forEach(map -> mosaic.add(Mosaic.grey(map)));
            html.append(Html.details(stage + ": " + maps.size() + " maps of " + maps.get(0).width() + " × " + maps.get(0).height(),
                    picture(mosaic.draw(), "feature maps of " + stage)));
        });
        return html.toString();
    }

    /** The image with the square that the middle value of each stage sees. */
    private String fields(RgbImage image) {
        int side = image.width();
        StringBuilder svg = new StringBuilder("<svg class=\"fields\" viewBox=\"0 0 " + side + " " + side + "\" role=\"img\"><image width=\""
                + side + "\" height=\"" + side + "\" href=\"" + dataUrl(image.toBufferedImage()) + "\"/>");
        int hue = 0;
        StringBuilder legend = new StringBuilder("<ul class=\"legend\">");
        for (Map.Entry<String, ReceptiveField> stage : study.stages().entrySet()) {
            Patch patch = Patch.of(side, stage.getValue(), side / 2 / stage.getValue().stride(), side / 2 / stage.getValue().stride());
            svg.append("<rect style=\"--h:").append(hue).append("\" x=\"").append(patch.left).append("\" y=\"").append(patch.top)
                    .append("\" width=\"").append(patch.width).append("\" height=\"").append(patch.height).append("\"/>");
            legend.append("<li style=\"--h:").append(hue).append("\">").append(stage.getKey()).append(": ").append(stage.getValue().size())
                    .append(" pixels</li>");
            hue += 360 / study.stages().size();
        }
        return Html.figure("What one value in the middle sees", legend + "</ul>" + svg + "</svg>",
                "A field larger than the image is cut off at"
                        + " its border. The middle of a field counts most.");
    }

    private static String picture(BufferedImage image, String alt) {
        return "<img alt=\"" + Html.text(alt) + "\" width=\"" + image.getWidth() + "\" height=\"" + image.getHeight() + "\" src=\""
                + dataUrl(image) + "\">";
    }

    /** PNG for small images, whose pixels are shown enlarged; JPEG for others. */
    private static String dataUrl(BufferedImage image) {
        String format = image.getWidth() <= 3 * SMALL + 2 || image.getType() == BufferedImage.TYPE_INT_ARGB
                && image.getWidth() * image.getHeight() < SMALL * SMALL * FILTER_COLUMNS ? "png" : "jpeg";
        BufferedImage opaque = new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_RGB);
        opaque.createGraphics().drawImage(image, 0, 0, null);
        return Html.dataUrl(format.equals("png") ? image : opaque, format);
    }

    private static String format(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
