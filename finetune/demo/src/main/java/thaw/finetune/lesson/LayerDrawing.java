package thaw.finetune.lesson;

import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import thaw.finetune.report.Html;
import thaw.finetune.report.LineChart;
import thaw.finetune.report.Numbers;
import thaw.finetune.report.Svg;
import thaw.resnet.GroupTable.Group;

/**
 * Drawings of a network's layers as SVG, coloured by layer group.
 *
 * @param groups the layer groups
 * @param size   the side of an image in pixels
 */
record LayerDrawing(List<Group> groups, int size) {

    private static final int WIDTH = 480;
    private static final int TOP = 24;
    private static final int BAR = 34;
    private static final int LABELS = 120;
    /** The height of a pixel of a layer's output. */
    private static final double HEIGHT_UNIT = 1.5;

    private String hue(int group) {
        return "--h:" + LineChart.hue(group, groups.size());
    }

    /** Each block as a bar: its width the number of its weighted layers, its height the side of its output. */
    String blocks(List<Group> blocks) {
        long layers = blocks.stream().mapToLong(LayersChapter::weighted).sum();
        double unit = (double) WIDTH / layers;
        int highest = blocks.stream().mapToInt(LayerDrawing::side).max().orElse(1);
        int bottom = TOP + (int) (HEIGHT_UNIT * highest);
        StringBuilder svg = begin(bottom + 38);
        double x = 0;
        int row = 0;
        String last = "";
        for (Group block : blocks) {
            double width = LayersChapter.weighted(block) * unit;
            int side = side(block);
            svg.append(rect(hue(LayersChapter.third(groups, block)), x, bottom - HEIGHT_UNIT * side, Math.max(width, 1), HEIGHT_UNIT * side,
                    block.name() + ": " + LayersChapter.weighted(block) + " layers, output " + side + " × " + side + ", "
                            + Numbers.grouped(block.parameters())
                            + " parameters"));
            String stage = block.name().replaceFirst("\\..*", "");
            if (!stage.equals(last) && stage.startsWith("layer")) {
                boolean right = x > WIDTH - LABELS;
                svg.append(Svg.text(right ? "end" : "start", right ? WIDTH : x, bottom + 16 + 18 * (row++ % 2), stage));
            }
            last = stage;
            x += width;
        }
        return svg.append(legend(TOP - 8)).append("</svg>\n").toString();
    }

    /** A bar of each quantity, divided into the groups' shares. */
    String shares(List<String> names, List<ToLongFunction<Group>> quantities) {
        StringBuilder svg = begin(TOP + BAR * names.size());
        for (int q = 0; q < names.size(); q++) {
            double all = groups.stream().mapToLong(quantities.get(q)).sum();
            double x = LABELS;
            double y = TOP + q * BAR;
            svg.append(Svg.text("end", LABELS - 8, y + BAR / 2.0, names.get(q)));
            for (int g = 0; g < groups.size(); g++) {
                double share = quantities.get(q).applyAsLong(groups.get(g)) / all;
                double width = share * (WIDTH - LABELS);
                svg.append(rect(hue(g), x, y, width, BAR - 10,
                        groups.get(g).name() + ": " + Numbers.percent(share) + " of the " + names.get(q)));
                x += width;
            }
        }
        return svg.append(legend(TOP - 8)).append("</svg>\n").toString();
    }

    /** The receptive field at the end of each part as a square, with the image as a dashed one. */
    String fields(List<Group> parts) {
        int largest = Math.max(size, parts.stream().mapToInt(LayersChapter::field).max().orElse(1));
        double unit = 300.0 / largest;
        double middle = TOP + 150;
        double x = 160;
        StringBuilder svg = begin(TOP + 310);
        for (Group part : parts) {
            double side = LayersChapter.field(part) * unit;
            svg.append(String.format(Locale.ROOT,
                    "<rect class=\"outline\" style=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">"
                            + "<title>%s</title></rect>%n",
                    hue(LayersChapter.third(groups, part)), x - side / 2, middle - side / 2, side, side,
                    Html.text(part.name() + ": " + LayersChapter.field(part) + " pixels")));
        }
        svg.append(
                String.format(Locale.ROOT, "<rect class=\"image\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>%n", x - size * unit
                        / 2, middle - size * unit / 2, size * unit, size * unit));
        svg.append(Svg.text("start", 325, TOP + 20, "image: " + size + " px"));
        for (int i = 0; i < parts.size(); i++) {
            svg.append(Svg.text("start", 325, TOP + 44 + 22 * i, parts.get(i).name() + ": " + LayersChapter.field(parts.get(i)) + " px"));
        }
        return svg.append("</svg>\n").toString();
    }

    private String legend(double y) {
        StringBuilder svg = new StringBuilder();
        for (int g = 0; g < groups.size(); g++) {
            svg.append(rect(hue(g), 110 * g, y - 9, 12, 10, groups.get(g).name()))
                    .append(Svg.text("start", 110 * g + 17, y, groups.get(g).name()));
        }
        return svg.toString();
    }

    private static int side(Group block) {
        return block.layers().stream().filter(layer -> layer.output().rank() == 3).mapToInt(layer -> layer.output().dim(1)).min().orElse(1);
    }

    private static StringBuilder begin(int height) {
        return new StringBuilder("<svg class=\"shape\" viewBox=\"0 0 " + WIDTH + " " + height + "\" role=\"img\">\n");
    }

    private static String rect(String style, double x, double y, double width, double height, String title) {
        return String.format(Locale.ROOT,
                "<rect style=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>%s</title></rect>%n",
                style, x, y, width, height, Html.text(title));
    }
}
