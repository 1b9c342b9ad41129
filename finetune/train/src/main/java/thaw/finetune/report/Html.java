package thaw.finetune.report;

import java.util.List;

/** The HTML elements from which the page is built. */
final class Html {

    private Html() {
    }

    /** Escapes a text, such as a file's name, for use between tags and in attributes. */
    static String text(Object value) {
        return String.valueOf(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    /** A table that scrolls horizontally on narrow screens. Cells are HTML; the first column is the rows' headers. */
    static String table(List<String> header, List<List<String>> rows) {
        StringBuilder html = new StringBuilder("<div class=\"scroll\"><table><thead><tr>");
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
    static String figure(String title, String content, String howToRead) {
        return "<figure><h3>" + text(title) + "</h3>\n" + content + "<figcaption>" + howToRead + "</figcaption></figure>\n";
    }

    static String section(String title, String content) {
        return "<section><h2>" + text(title) + "</h2>\n" + content + "</section>\n";
    }
}
