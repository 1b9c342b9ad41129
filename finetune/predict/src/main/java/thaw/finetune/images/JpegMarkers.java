package thaw.finetune.images;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The marker segments of a JPEG file up to its end marker (ITU-T T.81, annex B), and its colour model by libjpeg's rules:
 * {@code default_decompress_parms} uses JFIF and Adobe markers first, then the components' identifiers.
 *
 * <p>The JDK's reader has other rules: it reads an unmarked file without subsampling as RGB, applies embedded profiles, and
 * rejects files with a damaged profile or EXIF thumbnail even if the image is intact. {@link #plain} therefore states the colour
 * model by one marker and omits all other application segments.
 */
final class JpegMarkers {
    /** The meaning of a pixel's components. */
    enum ColorModel { GRAY, RGB, YCBCR, CMYK, YCCK }

    private static final int SOI = 0xd8;
    private static final int EOI = 0xd9;
    private static final int SOS = 0xda;
    private static final int FIRST_FRAME = 0xc0;
    private static final int LOSSLESS = 0xc3;
    /**
     * Bytes that libjpeg reads ahead of the bits that it needs. They are cut from a scan without an end marker, so that the
     * decoder finds its last samples missing in the same cases as libjpeg.
     */
    private static final int LOOK_AHEAD = 3;
    /** Encoders write about ten scans; each takes time for all pixels, and a small file with thousands would take minutes. */
    private static final int MOST_SCANS = 200;
    /** Bounds on the pixels of all scans together: of a small file, and for each byte of a larger one. */
    private static final long FREE_PIXELS = 1 << 27;
    private static final long PIXELS_PER_BYTE = 256;
    /** TwelveMonkeys' decoder of lossless JPEG keeps each sample as an int, and a copy. */
    private static final int LOSSLESS_BYTES = 16;
    private static final int COM = 0xfe;
    private static final int APP0 = 0xe0;
    private static final int APP1 = 0xe1;
    private static final int APP14 = 0xee;
    private static final int APP15 = 0xef;
    private static final String XMP = "http://ns.adobe.com/xap/1.0/\0";
    private static final byte[] JFIF = latin1("\u00ff\u00e0\0\u0010JFIF\0\u0001\u0001\0\0\u0001\0\u0001\0\0");
    private static final byte[] ADOBE = latin1("\u00ff\u00ee\0\u000eAdobe\0\u0064\0\0\0\0");

    private final byte[] file;
    private final ByteArrayOutputStream tables = new ByteArrayOutputStream();
    private int scanStart;
    private int width;
    private int height;
    private int[] componentIds = {};
    private boolean jfif;
    private int adobeTransform = -1;
    private boolean progressive;
    private boolean lossless;
    private boolean endMissing;
    private byte[] exif = {};
    private byte[] xmp = {};

    private JpegMarkers(byte[] file) {
        this.file = file;
    }

    /** @throws IOException if the file ends before its scans do, or has no frame of 1, 3 or 4 components */
    static JpegMarkers read(byte[] file) throws IOException {
        JpegMarkers markers = new JpegMarkers(file);
        markers.readSegments();
        markers.requireEnd();
        int components = markers.componentIds.length;
        if (components != 1 && components != 3 && components != 4) {
            throw new IOException("its header declares " + components + " components where 1, 3 or 4 are expected");
        }
        return markers;
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    /** Whether there is no end marker, so that only the decoder can detect missing samples. */
    boolean endMissing() {
        return endMissing;
    }

    /** The peak memory of decoding: the image in RGB, either the stored samples or the upright image, and the coefficients of scans. */
    int bytesPerPixel() {
        int stored = switch (colorModel()) {
            case GRAY -> 1;
            case RGB, YCBCR -> 0;
            case CMYK, YCCK -> 4;
        };
        int coefficients = progressive ? Short.BYTES * componentIds.length : 0;
        return 3 + Math.max(stored, orientation() == Orientation.UPRIGHT ? 0 : 3) + (lossless ? LOSSLESS_BYTES : coefficients);
    }

    Orientation orientation() {
        return Orientation.of(exif, xmp);
    }

    ColorModel colorModel() {
        return switch (componentIds.length) {
            case 1 -> ColorModel.GRAY;
            case 4 -> adobeTransform > 0 ? ColorModel.YCCK : ColorModel.CMYK;
            default -> {
                boolean rgb = adobeTransform >= 0 ? adobeTransform == 0 : Arrays.equals(componentIds, new int[] {'R', 'G', 'B'});
                yield rgb && !jfif ? ColorModel.RGB : ColorModel.YCBCR;
            }
        };
    }

    /** The same image in a file with only its tables, its scans, and one marker for the colour model. */
    byte[] plain() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(0xff);
        out.write(SOI);
        switch (colorModel()) {
            case GRAY, YCBCR -> out.writeBytes(JFIF);
            case RGB, CMYK -> writeAdobe(out, 0);
            case YCCK -> writeAdobe(out, 2);
        }
        out.writeBytes(tables.toByteArray());
        int scans = Math.max(0, scansEnd() - scanStart);
        byte[] plain = Arrays.copyOf(out.toByteArray(), out.size() + scans);
        System.arraycopy(file, scanStart, plain, out.size(), scans);
        return plain;
    }

    private int scansEnd() {
        int end = file.length;
        if (endMissing) {
            while (file[end - 1] == (byte) 0xff) {
                end--;
            }
            end -= LOOK_AHEAD;
        }
        return end;
    }

    private static void writeAdobe(ByteArrayOutputStream out, int transform) {
        out.writeBytes(ADOBE);
        out.write(transform);
    }

    private void readSegments() throws IOException {
        int at = 2;
        while (true) {
            at = nextMarker(at);
            int marker = byteAt(at++);
            if (marker == SOS) {
                scanStart = at - 2;
                return;
            }
            if (marker == EOI) {
                throw new IOException("it ends before its pixels begin");
            }
            if (hasNoLength(marker)) {
                continue;
            }
            int length = segmentLength(at);
            if (length < 2) {
                throw new IOException("a segment of its header has a length of " + length);
            }
            byteAt(at + length - 1);
            readSegment(marker, at, length);
            at += length;
        }
    }

    /**
     * Checks the scans up to the end marker. A file without one was cut short, even if it ends between two scans or at a restart
     * marker, where a decoder fills the rest with grey without an error. Only for a file of a single scan does the decoder detect
     * whether all samples are present.
     */
    private void requireEnd() throws IOException {
        int at = scanStart;
        int scans = 0;
        boolean partial = false;
        try {
            while (true) {
                at = nextMarker(at);
                int marker = byteAt(at++);
                if (marker == EOI) {
                    return;
                }
                if (marker == SOS) {
                    scans++;
                    partial |= byteAt(at + 2) != componentIds.length;
                    if (scans > MOST_SCANS) {
                        throw new UnsupportedImageException("JPEG of more than " + MOST_SCANS
                                + " scans is not read; save it anew");
                    }
                    if (scans > 1 && (long) scans * width * height > Math.max(FREE_PIXELS, PIXELS_PER_BYTE * file.length)) {
                        throw new UnsupportedImageException("JPEG of " + width + " x " + height + " pixels in " + scans
                                + " scans or more, out of proportion to its " + file.length + " bytes, is not read; save it anew");
                    }
                }
                /* Within a scan ff 00 encodes the byte ff; restart and reserved markers have no length either. */
                at += marker < FIRST_FRAME || hasNoLength(marker) ? 0 : Math.max(2, segmentLength(at));
            }
        } catch (EOFException cutShort) {
            endMissing = true;
            boolean hasSamples = scans == 1 && !partial && scansEnd() > scanStart + 2 + segmentLength(scanStart + 2);
            if (progressive || !hasSamples) {
                throw cutShort;
            }
        }
    }

    /** The position of the next marker's code: the first byte other than ff after an ff. */
    private int nextMarker(int from) throws IOException {
        int at = from;
        while (byteAt(at) != 0xff) {
            at++;
        }
        while (byteAt(at) == 0xff) {
            at++;
        }
        return at;
    }

    private int segmentLength(int at) throws IOException {
        return byteAt(at) << 8 | byteAt(at + 1);
    }

    private static boolean hasNoLength(int marker) {
        return marker <= 1 || marker >= 0xd0 && marker <= SOI;
    }

    /** Reads a segment; {@code length} includes its own two bytes, after which the payload begins. */
    private void readSegment(int marker, int at, int length) throws IOException {
        if (marker == APP0) {
            jfif |= holds(at, length, "JFIF\0");
        } else if (marker == APP1) {
            if (exif.length == 0 && holds(at, length, "Exif\0\0")) {
                exif = Arrays.copyOfRange(file, at + 8, at + length);
            } else if (holds(at, length, XMP)) {
                xmp = Arrays.copyOfRange(file, at + 2 + XMP.length(), at + length);
            }
        } else if (marker == APP14) {
            if (length >= 14 && holds(at, length, "Adobe")) {
                adobeTransform = byteAt(at + 13);
            }
        }
        if (marker >= APP0 && marker <= APP15 || marker == COM) {
            return;
        }
        tables.write(file, at - 2, length + 2);
        if (isFrame(marker)) {
            if (componentIds.length > 0) {
                throw new IOException("it has two frames");
            }
            lossless = marker == LOSSLESS;
            int bits = byteAt(at + 2);
            if (bits != 8 && marker != LOSSLESS) {
                throw new UnsupportedImageException("JPEG with samples of " + bits + " bits is not read; save it with 8 bits, or as PNG");
            }
            progressive |= (marker & 3) == 2;
            readFrame(at, length);
        }
    }

    /** Whether a marker is SOF0 to SOF15; DHT (c4), JPG (c8) and DAC (cc) in this range are not frames. */
    private static boolean isFrame(int marker) {
        return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    }

    private void readFrame(int at, int length) throws IOException {
        int components = length < 8 ? 0 : byteAt(at + 7);
        if (length < 8 + 3 * components) {
            throw new IOException("its frame header is cut short");
        }
        height = byteAt(at + 3) << 8 | byteAt(at + 4);
        width = byteAt(at + 5) << 8 | byteAt(at + 6);
        componentIds = new int[components];
        for (int i = 0; i < components; i++) {
            componentIds[i] = byteAt(at + 8 + 3 * i);
        }
    }

    private boolean holds(int at, int length, String identifier) {
        byte[] expected = latin1(identifier);
        int start = at + 2;
        return length - 2 >= expected.length
                && Arrays.equals(file, start, start + expected.length, expected, 0, expected.length);
    }

    private int byteAt(int index) throws IOException {
        if (index >= file.length) {
            throw new EOFException("it ends in the middle of its header");
        }
        return file[index] & 0xff;
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
