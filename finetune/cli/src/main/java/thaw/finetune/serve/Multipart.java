package thaw.finetune.serve;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files of a body of type {@code multipart/form-data} (RFC 7578). */
final class Multipart {

    private static final Pattern BOUNDARY = Pattern.compile("boundary=(?:\"([^\"]{1,70})\"|([^\\s;,\"]{1,70}))", Pattern.CASE_INSENSITIVE);
    private static final Pattern FILE_NAME = Pattern.compile("filename=\"([^\"]*)\"", Pattern.CASE_INSENSITIVE);
    private static final byte[] END_OF_HEAD = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private Multipart() {
    }

    /**
     * A part with a file's name.
     *
     * @param name as the client gave it, for messages alone
     */
    record File(String name, byte[] bytes) {
    }

    /**
     * The parts that have a file's name, in their order.
     *
     * @throws IllegalArgumentException if the type has no boundary, or the body does not follow it
     */
    static List<File> files(String contentType, byte[] body) {
        Matcher found = BOUNDARY.matcher(contentType);
        if (!found.find()) {
            throw new IllegalArgumentException("Content-Type: expected a boundary in '" + contentType + "'");
        }
        byte[] boundary = ("--" + (found.group(1) == null ? found.group(2) : found.group(1))).getBytes(StandardCharsets.ISO_8859_1);
        byte[] inner = concat("\r\n".getBytes(StandardCharsets.US_ASCII), boundary);
        List<File> files = new ArrayList<>();
        int at = indexOf(body, boundary, 0);
        while (at >= 0) {
            int head = at + boundary.length;
            if (head + 1 < body.length && body[head] == '-' && body[head + 1] == '-') {
                return files;
            }
            int content = indexOf(body, END_OF_HEAD, head);
            int next = content < 0 ? -1 : indexOf(body, inner, content + END_OF_HEAD.length - 2);
            if (next < 0) {
                break;
            }
            Matcher name = FILE_NAME.matcher(new String(body, head, content - head, StandardCharsets.UTF_8));
            if (name.find()) {
                files.add(new File(name.group(1), Arrays.copyOfRange(body, Math.min(next, content + END_OF_HEAD.length), next)));
            }
            at = next + 2;
        }
        throw new IllegalArgumentException("multipart/form-data: the body ends before its last boundary");
    }

    private static byte[] concat(byte[] a, byte[] b) {
        byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    private static int indexOf(byte[] body, byte[] part, int from) {
        for (int i = from; i <= body.length - part.length; i++) {
            if (body[i] == part[0] && Arrays.equals(body, i, i + part.length, part, 0, part.length)) {
                return i;
            }
        }
        return -1;
    }
}
