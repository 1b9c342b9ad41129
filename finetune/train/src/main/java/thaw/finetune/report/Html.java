package thaw.finetune.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;

/** The HTML elements from which pages are built. */
public final class Html {

    private Html() {
    }

    /**
     * A self-contained page for desktop and mobile browsers, light and dark.
     *
     * @param style further rules, after the common ones
     * @param body  HTML below the title
     */
    public static String page(String title, String style, String body) {
        return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" + text(title)
                + "</title>\n<style>\n" + resource(Html.class, "report.css") + style + "</style>\n</head>\n<body>\n<h1>" + text(title)
                + "</h1>\n" + body + "</body>\n</html>\n";
    }

    /** A text file among a class's resources, such as a style sheet. */
    public static String resource(Class<?> beside, String name) {
        try (InputStream text = beside.getResourceAsStream(name)) {
            return new String(text.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    /** An image file as a {@code data:} URL; {@code format} is {@code png}, or {@code jpeg} for an image without transparency. */
    public static String dataUrl(BufferedImage image, String format) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, format, bytes);
        } catch (IOException inMemory) {
            throw new UncheckedIOException(inMemory);
        }
        return "data:image/" + format + ";base64," + Base64.getEncoder().encodeToString(bytes.toByteArray());
    }

    /** Escapes a text, such as a file's name, for use between tags and in attributes. */
    public static String text(Object value) {
        return String.valueOf(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    /**
     * A table that scrolls horizontally where it is too wide, by keys too, with a shadow at an edge that hides columns. Cells are HTML;
     * the first column is the rows' headers.
     */
    public static String table(List<String> header, List<List<String>> rows) {
        StringBuilder html = new StringBuilder(
                "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"table\"><table><thead><tr>");
        header.forEach(cell -> html.append("<th scope=\"col\">").append(cell).append("</th>"));
        html.append("</tr></thead><tbody>");
        for (List<String> row : rows) {
            html.append("<tr><th scope=\"row\">").append(row.get(0)).append("</th>");
            row.subList(1, row.size()).forEach(cell -> html.append("<td>").append(cell).append("</td>"));
            html.append("</tr>\n");
        }
        return html.append("</tbody></table></div>\n").toString();
    }

    /** A figure, such as a chart, with its title above and an explanation below. Content and explanation are HTML. */
    public static String figure(String title, String content, String howToRead) {
        return "<figure><h3>" + text(title) + "</h3>\n" + content + "<figcaption>" + howToRead + "</figcaption></figure>\n";
    }

    /** HTML that is shown on a click. */
    public static String details(String summary, String content) {
        return "<details><summary>" + text(summary) + "</summary>\n" + content + "</details>\n";
    }

    /** A section with its title. Content is HTML. */
    public static String section(String title, String content) {
        return "<section><h2>" + text(title) + "</h2>\n" + content + "</section>\n";
    }
}
