package thaw.finetune.images;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The supported file formats. A file's format is determined by its first bytes; the extension only selects files to open. */
public enum ImageFormat {
    /** Baseline and progressive JPEG, also of four colours. */
    JPEG("jpg", "jpeg", "jpe", "jfif"),
    /** Portable Network Graphics. */
    PNG("png"),
    /** The first frame on its canvas. */
    GIF("gif"),
    /** Windows' bitmaps. */
    BMP("bmp"),
    /** Lossy and lossless WebP; the first frame of an animation. */
    WEBP("webp"),
    /** TIFF and BigTIFF; the first page. */
    TIFF("tif", "tiff"),
    /** Netpbm's PPM, PGM and PBM. */
    PNM("ppm", "pgm", "pbm", "pnm");

    private final List<String> extensions;

    ImageFormat(String... extensions) {
        this.extensions = List.of(extensions);
    }

    /** File extensions in lower case, without the dot. */
    public List<String> extensions() {
        return extensions;
    }

    /** Whether {@code fileName} has the extension of a supported format, in any case. */
    public static boolean isImageName(String fileName) {
        String ending = fileName.substring(fileName.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        return Arrays.stream(values()).anyMatch(format -> format.extensions.contains(ending));
    }

    /** The format of a file that begins with these bytes. */
    static Optional<ImageFormat> of(byte[] file) {
        if (startsWith(file, 0, "\u00ff\u00d8\u00ff")) {
            return Optional.of(JPEG);
        } else if (startsWith(file, 0, "\u0089PNG\r\n\u001a\n")) {
            return Optional.of(PNG);
        } else if (startsWith(file, 0, "GIF87a") || startsWith(file, 0, "GIF89a")) {
            return Optional.of(GIF);
        } else if (startsWith(file, 0, "BM")) {
            return Optional.of(BMP);
        } else if (startsWith(file, 0, "RIFF") && startsWith(file, 8, "WEBP")) {
            return Optional.of(WEBP);
        } else if (startsWith(file, 0, "II*\0") || startsWith(file, 0, "MM\0*")
                || startsWith(file, 0, "II+\0") || startsWith(file, 0, "MM\0+")) {
            return Optional.of(TIFF);
        } else if (file.length > 2 && file[0] == 'P' && file[1] >= '1' && file[1] <= '6' && (file[2] <= ' ' || file[2] == '#')) {
            return Optional.of(PNM);
        }
        return Optional.empty();
    }

    /** The names of all formats, for messages. */
    static String names() {
        return Arrays.stream(values()).map(Enum::name).collect(Collectors.joining(", "));
    }

    private static boolean startsWith(byte[] file, int offset, String latin1) {
        byte[] signature = latin1.getBytes(StandardCharsets.ISO_8859_1);
        int end = offset + signature.length;
        return file.length >= end && Arrays.equals(file, offset, end, signature, 0, signature.length);
    }
}
