package thaw.finetune.images;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Unsupported kinds of image and document files, so that a message can name the kind and the remedy. */
public enum UnreadFormat {
    /** HEVC in an ISO container, as phones write it. */
    HEIC("HEIC", "export it as JPEG", "....ftyp(hei[cxms]|hev[cxms]|mif1|msf1)", "heic", "heif", "hif"),
    /** AV1 in an ISO container. */
    AVIF("AVIF", "export it as JPEG or PNG", "....ftyp(avif|avis)", "avif"),
    /** JPEG 2000, file or codestream. */
    JPEG_2000("JPEG 2000", "export it as JPEG or PNG", "\0\0\0\fjP  \r\n|\u00ff\u004f\u00ff\u0051", "jp2", "j2k", "jpf", "jpx"),
    /** JPEG XL, file or codestream. */
    JPEG_XL("JPEG XL", "export it as JPEG or PNG", "\u00ff\n|\0\0\0\fJXL ", "jxl"),
    /** Photoshop's PSD and PSB. */
    PSD("Photoshop's format", "export it as PNG", "8BPS", "psd", "psb"),
    /** Documents. */
    PDF("PDF", "extract its images as PNG", "%PDF", "pdf"),
    /** Vector graphics. */
    SVG("SVG", "render it as PNG", "(\u00ef\u00bb\u00bf)?\\s*(<\\?xml.*|<!--.*|<!DOCTYPE svg.*)?<svg", "svg", "svgz"),
    /** Web pages, which a failed download may leave under an image's name. */
    HTML("HTML", "it may be an error page instead of an image; download the image again",
            "(\u00ef\u00bb\u00bf)?\\s*(?i:<!DOCTYPE html|<html)", "html", "htm"),
    /** Windows' icons and cursors. */
    ICON("ICO", "export it as PNG", "\0\0[\1\2]\0[^\0]\0", "ico", "cur"),
    /** Images of floats, of a high dynamic range. */
    OPEN_EXR("OpenEXR", "export it as PNG or TIFF", "v/1\1", "exr"),
    /** Images of shared exponents, of a high dynamic range. */
    RADIANCE("Radiance HDR", "export it as PNG or TIFF", "#\\?(RADIANCE|RGBE)", "hdr"),
    /** Textures of DirectX. */
    DDS("DDS", "export it as PNG", "DDS ", "dds"),
    /** Netpbm's newer formats. */
    PAM("PAM or PFM", "export it as PNG", "P7\n|P[fF]\n", "pam", "pfm"),
    /** Truevision's format, which has no signature. */
    TGA("TGA", "export it as PNG", null, "tga"),
    /** Medical images. */
    DICOM("DICOM", "export it as PNG or TIFF", ".{128}DICM", "dcm", "dicom"),
    /** Raw formats; those that are TIFF files have no signature here and are detected by {@link TiffImage}. */
    CAMERA_RAW("a camera's raw format", "develop it and export it as JPEG",
            "....ftypcrx |FUJIFILMCCD-RAW|IIRO|IIRS|MMOR|IIU\0|FOVb|\0MRM",
            "cr2", "cr3", "nef", "dng", "arw", "orf", "rw2", "raf", "pef", "srw", "x3f", "raw"),
    /** Films in any container. */
    VIDEO("video", "extract its frames as JPEG or PNG",
            "....ftyp|....moov|\u001a\u0045\u00df\u00a3|RIFF....AVI |FLV|\0\0\1[\u00ba\u00b3]|OggS",
            "mp4", "mov", "avi", "mkv", "webm", "m4v", "mpg", "mpeg", "wmv");

    private static final int LONGEST_HEAD = 1024;

    private final String kind;
    private final String remedy;
    private final @Nullable Pattern head;
    private final List<String> extensions;

    /** @param head a pattern of a file's first bytes, in Latin-1; null if the format has no signature */
    UnreadFormat(String kind, String remedy, @Nullable String head, String... extensions) {
        this.kind = kind;
        this.remedy = remedy;
        this.head = head == null ? null : Pattern.compile(head, Pattern.DOTALL);
        this.extensions = List.of(extensions);
    }

    /** File extensions in lower case, without the dot. */
    public List<String> extensions() {
        return extensions;
    }

    /** The fault and the remedy, such as "HEIC is not read; export it as JPEG". */
    public String advice() {
        return kind + " is not read; " + remedy;
    }

    /** The kind of a file name's extension, in any case; empty for supported formats and unknown extensions. */
    public static Optional<UnreadFormat> ofName(String fileName) {
        String ending = fileName.substring(fileName.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        return Arrays.stream(values()).filter(format -> format.extensions.contains(ending)).findFirst();
    }

    /** The first kind whose signature matches the file's first bytes. */
    static Optional<UnreadFormat> of(byte[] file) {
        String begin = new String(file, 0, Math.min(file.length, LONGEST_HEAD), StandardCharsets.ISO_8859_1);
        return Arrays.stream(values()).filter(format -> format.head != null && format.head.matcher(begin).lookingAt()).findFirst();
    }
}
